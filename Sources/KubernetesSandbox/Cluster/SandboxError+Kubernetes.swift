import KubernetesClient
import SandboxCore

extension SandboxError {
    /// What an error of the cluster means to whoever asked for something else than a start.
    init(_ error: KubernetesError) {
        switch error.kind {
        case .cancelled: self = .cancelled
        case .invalidArgument, .malformedResponse, .invalid, .badRequest, .methodNotAllowed, .requestTooLarge:
            self = Self(.internal, "the cluster and the daemon do not understand each other: \(error.message)")
        default:
            // Refusals too: they are about the daemon's rights, and say nothing about the sandbox.
            self = .backendUnavailable(ClusterText.clean(error.message, limit: 2048))
        }
    }
}
