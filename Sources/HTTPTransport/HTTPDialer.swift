import CLibcurl
import Synchronization

/// Makes the connections of an endpoint to which only a tunnel leads.
///
/// Where libcurl would connect to a server, it is led to a socket of this process that is there for this one connection
/// (CURLOPT_OPENSOCKETFUNCTION, whose callback may change the address); `serve` gets the other end and moves bytes to
/// wherever the server is. HTTP stays wholly libcurl's: keep-alive, streaming, backpressure and cancellation are those of
/// TCP.
package final class HTTPDialer: Sendable {
    private struct State {
        var transfers = 0
        var idleSince = ContinuousClock.now
    }

    private static let count = Atomic<UInt64>(0)

    /// Stands where libcurl compares servers before it takes a kept connection; no two dialers ever share one. As long as
    /// the path of a Unix socket can be, for another one takes its place.
    let name: String
    private let serve: @Sendable (HTTPDialer, DialledConnection) -> Bool
    private let state = Mutex(State())

    /// `serve`: called on the HTTP client's thread; must not block. Returns false when nobody will serve the connection.
    package init(serve: @escaping @Sendable (HTTPDialer, DialledConnection) -> Bool) {
        let number = "podkeeper-dialled-\(Self.count.wrappingAdd(1, ordering: .relaxed).newValue)"
        name = number + String(repeating: "-", count: 107 - number.utf8.count)
        self.serve = serve
    }

    /// How long no transfer has used the dialer's connections.
    package var idleTime: Duration {
        state.withLock { $0.transfers > 0 ? .zero : $0.idleSince.duration(to: .now) }
    }

    func began() { state.withLock { $0.transfers += 1 } }

    func ended() {
        state.withLock { state in
            state.transfers -= 1
            state.idleSince = .now
        }
    }

    /// Makes a connection and leads libcurl there, which is about to connect to `address`.
    /// - Throws: `system`.
    func dial(_ address: UnsafeMutablePointer<curl_sockaddr>) throws(HTTPError) -> DialledConnection {
        let listener = try OneTimeListener()
        guard pk_curl_redirect(address, listener.path) else {
            throw HTTPError(.system, "libcurl has no room for the path \(listener.path)")
        }
        let connection = DialledConnection(listener)
        if !serve(self, connection) { connection.fail(HTTPError(.shutdown, "nobody serves tunnels any more")) }
        return connection
    }
}

extension HTTPDialer: Hashable {
    package static func == (left: HTTPDialer, right: HTTPDialer) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
