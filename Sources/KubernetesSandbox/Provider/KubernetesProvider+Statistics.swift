package import KubernetesClient

extension KubernetesProvider {
    /// Requests to all clusters since the daemon was started.
    package var requests: [RequestTally.Key: Int] {
        var seen: Set<ObjectIdentifier> = []
        // Namespaces of one cluster share a client.
        let clients = spaces.all.map(\.client).filter { seen.insert(ObjectIdentifier($0)).inserted }
        return clients.reduce(into: [:]) { sum, client in sum.merge(client.requests.all, uniquingKeysWith: +) }
    }

    /// By namespace.
    package var watchRestarts: [String: Int] {
        spaces.all.reduce(into: [:]) { sum, space in sum[space.namespace, default: 0] += space.watcher.restarts }
    }
}
