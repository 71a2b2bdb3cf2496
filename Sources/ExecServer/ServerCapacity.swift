import Glibc

/// How much the server takes on at a time, by the descriptors it may open: so many that accept(2) and pipe(2) do not
/// fail in the middle of a request.
struct ServerCapacity: Hashable, Sendable {
    let connections: Int
    let runs: Int

    init(descriptors: Int) {
        // Of each 16 descriptors four are for connections, eight for a run, the rest for files and ourselves.
        connections = max(4, min(ServerLimits.maximumConnections, descriptors / 4))
        runs = max(1, min(ServerLimits.maximumRuns, descriptors / 16))
    }

    /// Raises the soft limit as far as we need it; commands inherit it (getrlimit(2)).
    static func ofThisProcess() -> Self {
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else {
            return Self(descriptors: 256)
        }
        let wanted = min(limits.rlim_max, rlim_t(ServerLimits.descriptors))
        if limits.rlim_cur < wanted {
            var raised = limits
            raised.rlim_cur = wanted
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limits = raised }
        }
        return Self(descriptors: Int(min(limits.rlim_cur, rlim_t(ServerLimits.descriptors))))
    }
}
