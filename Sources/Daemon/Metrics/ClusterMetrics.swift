import KubernetesClient
import KubernetesSandbox
import Metrics

/// What the Kubernetes backend counts about its talk with API servers.
enum ClusterMetrics {
    static func families(_ provider: KubernetesProvider) -> [MetricFamily] {
        let requests = provider.requests.map { key, count in
            MetricFamily.Sample(
                labels: [.init("code", key.status.map { String($0) } ?? "none"), .init("verb", key.verb)],
                value: Double(count))
        }
        return [
            MetricFamily(
                "podkeeper_kubernetes_requests_total", .counter,
                "Requests to API servers, repeats among them, by verb and HTTP status; none where no answer came.",
                samples: requests.sorted { "\($0.labels)" < "\($1.labels)" }),
            MetricFamily(
                "podkeeper_kubernetes_watch_restarts_total", .counter,
                "Watches of pods that broke off before their time.", by: "namespace", provider.watchRestarts),
        ]
    }
}
