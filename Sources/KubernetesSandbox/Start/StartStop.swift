import SandboxCore

/// Why a start stops short.
enum StartStop: Error {
    /// The pod cannot come up: reported with what else the cluster knows, and the pod is deleted.
    case failed(StartFailure)
    /// Nothing is known against the pod: cancelled, or the cluster does not answer.
    case interrupted(SandboxError)
}
