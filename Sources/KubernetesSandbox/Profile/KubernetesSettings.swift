import KubernetesClient
package import SandboxCore

/// What all profiles of the provider share.
package struct KubernetesSettings: Hashable, Sendable {
    /// Names this daemon among others on the same cluster; part of every pod's name and labels.
    package var instance: String
    package var namePrefix = "sandbox"
    /// The cluster of every profile that names none; nil goes by the environment.
    package var kubeConfigPath: String?
    /// The kubeconfig's context; nil is its current one.
    package var context: String?
    package var inCluster: Bool?
    package var connect = Connect.auto
    /// How long `discard` waits for a pod to be gone: longer than a grace period and a node's own delays.
    package var deletionTimeout = Duration.seconds(60)
    /// So long after the end of its grace period a pod's object is removed by force; nil: never.
    package var forceDeleteAfter: Duration?
    /// Of each cluster's API server, above 0; see `KubernetesClient`.
    package var requestsPerSecond = KubernetesClient.defaultRequestsPerSecond

    package init(instance: String) {
        self.instance = instance
    }

    /// Throws `SandboxError` of kind `invalid` that names the setting.
    package func validate() throws(SandboxError) {
        guard !instance.isEmpty, KubernetesNames.isLabelValue(instance) else {
            throw .invalid(
                "the instance id must be a Kubernetes label value (1 to 63 of A-Za-z0-9-_.), '\(instance)' is not")
        }
        try SandboxName.validate(prefix: namePrefix)
    }
}
