import KubernetesClient

/// A complete list of pods and the resource version at which it was true.
struct PodList: Hashable, Sendable {
    var items: [Pod]
    var resourceVersion: String
}

extension KubernetesClient {
    func listPods(
        namespace: String, labelSelector: String = "", resourceVersion: String = "",
        timeout: Duration = KubernetesClient.defaultTimeout
    ) async throws(KubernetesError) -> PodList {
        var items: [Pod] = []
        let version = try await listPods(
            namespace: namespace, labelSelector: labelSelector, resourceVersion: resourceVersion, timeout: timeout
        ) { pods, isFirst in
            items = isFirst ? pods : items + pods
        }
        return PodList(items: items, resourceVersion: version)
    }
}
