import KubernetesClient
package import KubernetesSandbox

/// The cluster, and what holds for every profile that does not say otherwise.
package struct ClusterSettings: Hashable, Sendable {
    /// Nil: `KUBECONFIG`, the service account of the pod that the daemon runs in, or `~/.kube/config`.
    package var kubeconfig: String?
    package var context: String?
    /// Nil: the context's namespace.
    package var namespace: String?
    /// How exec servers in pods are reached.
    package var connect = Connect.auto
    package var execdImage: String?
    /// First part of every pod's name.
    package var prefix = "sandbox"
    /// After the end of its grace period; nil: a pod's object is never removed by force.
    package var forceDeleteAfter: Duration?
    /// Of the API server; a burst of twice as many goes at once.
    package var requestsPerSecond = KubernetesClient.defaultRequestsPerSecond

    package init() {}
}

extension ClusterSettings {
    init(_ section: inout YAMLSection) throws {
        self.init()
        kubeconfig = try section.string("kubeconfig")
        context = try section.string("context")
        namespace = try section.string("namespace")
        execdImage = try section.string("execd_image")
        prefix = try section.string("prefix") ?? prefix
        connect = try section.choice("connect", Connect.self) ?? connect
        forceDeleteAfter = try section.duration("force_delete_after")
        requestsPerSecond = try section.integer("requests_per_second", in: 1...100_000) ?? requestsPerSecond
        try section.finish()
    }
}
