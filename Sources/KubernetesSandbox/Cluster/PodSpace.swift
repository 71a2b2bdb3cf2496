package import KubernetesClient
import SandboxCore

/// One namespace of one cluster where this daemon keeps pods: its client and its watch.
package struct PodSpace: Sendable {
    /// Between two looks that have to agree that a pod is gone.
    private static let confirmationDelay = Duration.milliseconds(200)

    package let client: KubernetesClient
    package let namespace: String
    package let watcher: PodWatcher
    /// How exec servers in its pods are reached; one for each cluster.
    package let reach: ClusterReach

    /// The pod of this name, or nil where the cluster said twice that there is none.
    package func pod(named name: String, timeout: Duration = .seconds(20)) async throws(KubernetesError) -> Pod? {
        if let pod = try await found(name, timeout: timeout) { return pod }
        do {
            try await Task.sleep(for: Self.confirmationDelay)
        } catch {
            throw KubernetesError(.cancelled, "get pod \(namespace)/\(name): cancelled")
        }
        return try await found(name, timeout: timeout)
    }

    private func found(_ name: String, timeout: Duration) async throws(KubernetesError) -> Pod? {
        do {
            return try await client.getPod(namespace: namespace, name: name, timeout: timeout)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }
}
