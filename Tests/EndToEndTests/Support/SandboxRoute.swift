import Testing

/// A way in which a session's sandbox can be had: the same tests pass on each.
enum SandboxRoute: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case local
    case httpBusybox = "http on busybox:1"
    case httpDebian = "http on debian:12"
    case apiBusybox = "api on busybox:1"
    case apiDebian = "api on debian:12"

    var testDescription: String { rawValue }

    var isKubernetes: Bool { self != .local }

    /// The profile of `TestConfiguration` that takes this way.
    var profile: String {
        switch self {
        case .local: "default"
        case .httpBusybox: "http-busybox"
        case .httpDebian: "http-debian"
        case .apiBusybox: "api-busybox"
        case .apiDebian: "api-debian"
        }
    }

    /// Whether our own exec server is in the sandbox; where not, what needs more than a shell is refused.
    var hasExecServer: Bool { self != .apiBusybox && self != .apiDebian }

    /// Where there is a Python 3 in the sandbox.
    var hasPython: Bool { self == .httpDebian || self == .apiDebian }

    /// `local` always; the others when PODKEEPER_TEST_KUBECONFIG names a cluster.
    static var available: [Self] { TestCluster.kubeconfig == nil ? [.local] : allCases }

    static var withExecServer: [Self] { available.filter(\.hasExecServer) }

    static var onKubernetes: [Self] { available.filter(\.isKubernetes) }
}
