package import JSONRPC
import Synchronization

/// What a handler knows about the call that it serves.
package struct ControlCall: Sendable {
    package let peer: PeerCredentials
    /// Nil for a notification, which gets no response.
    package let requestID: JSONRPCID?
    let connection: Connection
    private let notes = CallNotes()

    init(peer: PeerCredentials, requestID: JSONRPCID?, connection: Connection) {
        self.peer = peer
        self.requestID = requestID
        self.connection = connection
    }

    /// Names the caller's connection among those of this server; never used twice.
    package var connectionID: UInt64 { connection.id }

    /// Calls `hook` once the response is queued: what is sent after that comes after it. At most one.
    package func onAnswer(_ hook: @escaping @Sendable () -> Void) { notes.state.withLock { $0.hook = hook } }

    func noteAnswer() { notes.state.withLock { $0.hook.take() }?() }

    /// What the call is about, where its params do not say so (`RPCParams.subject`) and its handler has found out.
    package var subject: String? {
        get { notes.state.withLock { $0.subject } }
        nonmutating set { notes.state.withLock { $0.subject = newValue } }
    }

    /// Sends a notification to the caller. Waits while the connection's queue is full, so that a caller who does not
    /// read slows down whoever produces for it. Notifications of one task arrive in order, and before the response.
    ///
    /// Throws `RPCError` (`too_large`, or `internal_error` for params that have no JSON form), `CancellationError` when
    /// the call is cancelled, `ConnectionClosedError` when the caller is gone.
    package func notify(_ method: String, _ params: some Encodable) async throws {
        let line = RPCWriter.notification(method: method, params: try RPCWriter.encode(params))
        let limit = connection.limits.maximumMessageBytes
        guard line.count <= limit + 1 else {
            throw RPCError.tooLarge("a notification \(method) is longer than \(limit) bytes", limit: limit)
        }
        try await connection.send(line)
    }
}

/// What is noted while a call is served.
private final class CallNotes: Sendable {
    struct State {
        var hook: (@Sendable () -> Void)?
        var subject: String?
    }

    let state = Mutex(State())
}

/// The peer closed the connection, or the server did.
package struct ConnectionClosedError: Error, RPCErrorConvertible, CustomStringConvertible {
    package init() {}

    package var description: String { "the connection is closed" }

    // Nobody is left to read it; the call just ends.
    package var rpcError: RPCError { .cancelled }
}
