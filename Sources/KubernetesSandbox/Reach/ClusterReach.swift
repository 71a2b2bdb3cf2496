package import HTTPTransport
package import KubernetesClient
package import Logging
import Synchronization

/// How the pods of one cluster are reached: the way chosen, why, and the tunnels of those that are reached by one.
package final class ClusterReach: Sendable {
    private struct Choice {
        var way: Way
        var reason: String
    }

    let connect: Connect
    let client: KubernetesClient
    let http: HTTPClient
    private let logger: Logger
    private let choice: Mutex<Choice?>
    /// Each stands for a transfer under way, whose number the HTTP client bounds.
    private let tunnels: AsyncStream<PortTunnel>
    private let feed: AsyncStream<PortTunnel>.Continuation

    package init(connect: Connect, client: KubernetesClient, http: HTTPClient, logger: Logger) {
        self.connect = connect
        self.client = client
        self.http = http
        self.logger = logger
        choice = Mutex(connect.only.map { Choice(way: $0, reason: "by configuration") })
        (tunnels, feed) = AsyncStream.makeStream()
    }

    /// The way that new pods are reached by; nil while `auto` has not found one.
    var way: Way? { choice.withLock { $0?.way } }

    /// For `daemon.status`.
    package var summary: String {
        guard let choice = choice.withLock({ $0 }) else { return "\(connect.rawValue): found out with the first pod" }
        let way = choice.way.rawValue
        return connect == .auto ? "\(way) (auto: \(choice.reason))" : "\(way) (\(choice.reason))"
    }

    /// Serves the tunnels until cancelled; then they end, and nobody gets a new one.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await tunnel in tunnels { group.addTask { await tunnel.run() } }
            group.cancelAll()
        }
        feed.finish()
    }

    /// Whoever finds a way first decides for all.
    func choose(_ way: Way, because reason: String) {
        let isNew = choice.withLock { choice in
            guard choice == nil else { return false }
            choice = Choice(way: way, reason: reason)
            return true
        }
        if isNew { log(way, reason) }
    }

    /// A pod was not to be reached by the present way, and was by this one.
    func change(to way: Way, because reason: String) {
        let isNew = choice.withLock { choice in
            defer { choice = Choice(way: way, reason: reason) }
            return choice?.way != way
        }
        if isNew { log(way, reason) }
    }

    /// Connections to a port on the pod's loopback.
    func dialer(port: Int, namespace: String, pod: String) -> HTTPDialer {
        let (client, http, feed) = (client, http, feed)
        let history = PortHistory()
        return HTTPDialer { dialer, connection in
            let tunnel = PortTunnel(
                client: client, http: http, namespace: namespace, pod: pod, port: port, dialer: dialer,
                connection: connection, history: history)
            if case .terminated = feed.yield(tunnel) { return false }
            return true
        }
    }

    private func log(_ way: Way, _ reason: String) {
        logger.notice("exec servers are reached by \(way.rawValue)", metadata: ["because": "\(reason)"])
    }
}
