/// A connected byte stream (TCP or Unix, through proxy and TLS as the endpoint says) on which the caller speaks HTTP
/// itself. Dropping the last reference closes it.
package final class UpgradedConnection: Sendable {
    package let target: HTTPTarget
    private let socket: ConnectedSocket
    /// Keeps the loop running.
    private let client: HTTPClient

    init(_ socket: ConnectedSocket, target: HTTPTarget, client: HTTPClient) {
        self.socket = socket
        self.target = target
        self.client = client
    }

    deinit {
        client.loop.submit { [socket] core in core.close(socket, Self.closedError) }
    }

    /// Waits for bytes. Only one call at a time.
    /// - Parameter maximum: at most 64 KiB come at once, however large it is.
    /// - Returns: 1 to `maximum` bytes, or none at the end of the stream.
    /// - Throws: `reset`, `cancelled` (also after `close()`), `shutdown`.
    package func receive(maximum: Int = 65_536) async throws(HTTPError) -> [UInt8] {
        let promise = Promise<[UInt8]>()
        let socket = socket
        let isOpen = client.loop.submit { core in
            socket.receive(promise, maximum: maximum, scratch: core.scratch)
        }
        guard isOpen else { throw TransferLoop.closedError }
        let outcome = await withTaskCancellationHandler {
            await promise.outcome()
        } onCancel: {
            client.loop.submit { _ in socket.cancelReceive(promise) }
        }
        return try outcome.get()
    }

    /// Returns when all bytes are handed to the kernel. Concurrent calls are sent whole, in the order of the calls.
    /// Cancelling a call of which some bytes may be on the wire closes the connection: nothing else could follow them.
    /// - Throws: `reset`, `cancelled` (also after `close()`), `shutdown`.
    package func send(_ bytes: [UInt8]) async throws(HTTPError) {
        let promise = Promise<Void>()
        let socket = socket
        let isOpen = client.loop.submit { _ in socket.send(bytes, promise) }
        guard isOpen else { throw TransferLoop.closedError }
        let outcome = await withTaskCancellationHandler {
            await promise.outcome()
        } onCancel: {
            client.loop.submit { core in
                guard socket.cancelSend(promise) else { return }
                core.close(socket, HTTPError(.cancelled, "The connection was closed in the middle of sending"))
            }
        }
        try outcome.get()
    }

    /// Closes at once; waiting calls throw `cancelled`. May be called more than once.
    package func close() async {
        let promise = Promise<Void>()
        let socket = socket
        let isOpen = client.loop.submit { core in
            core.close(socket, Self.closedError)
            promise.fulfil(.success(()))
        }
        guard isOpen else { return }
        _ = await promise.outcome()
    }

    private static let closedError = HTTPError(.cancelled, "The connection is closed")
}
