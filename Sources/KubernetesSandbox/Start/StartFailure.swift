package import SandboxCore

/// Why a pod does not come up, or what it is still waiting for, in the cluster's own words.
package struct StartFailure: Error, Hashable, Sendable {
    package var phase: SandboxError.StartPhase
    /// The cluster's own reason, such as `ErrImagePull` or `Unschedulable`.
    package var reason: String
    /// One sentence or more, safe to print: from the cluster, or ours where it has none.
    package var message: String
    /// The container that ended, if one did: its last output may tell more.
    package var container: String?

    package init(
        _ phase: SandboxError.StartPhase, _ reason: String, _ message: String, container: String? = nil
    ) {
        self.phase = phase
        self.container = container
        self.reason = ClusterText.clean(reason, limit: 128)
        self.message = ClusterText.clean(message, limit: 2048)
    }
}
