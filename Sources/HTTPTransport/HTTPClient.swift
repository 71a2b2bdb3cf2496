import CLibcurl

/// HTTP/1.1 over the system's libcurl, driven by one thread of its own.
package final class HTTPClient: Sendable {
    let loop: TransferLoop
    private let configuration: HTTPClientConfiguration

    /// - Throws: `system` when the thread or its descriptors cannot be made.
    package init(configuration: HTTPClientConfiguration = HTTPClientConfiguration()) throws(HTTPError) {
        guard CurlLibrary.initialization == CURLE_OK else {
            throw HTTPError(.system, "libcurl cannot be initialized")
        }
        self.configuration = configuration
        loop = try TransferLoop(configuration)
    }

    deinit {
        loop.close()
        loop.detach()
    }

    /// Sends a request and collects the answer, at most `request.maximumBodyBytes` of body.
    /// - Throws: any `HTTPError`. After cancellation the handle is freed before the call returns.
    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let promise = Promise<HTTPResponse>()
        let transfer = try Transfer(
            request, configuration: configuration, delivery: .whole(limit: request.maximumBodyBytes, promise))
        return try await outcome(of: promise, transfer)
    }

    /// Sends a request and hands the body over as it arrives. `onHead` is called once before any chunk. While a closure
    /// runs, at most 256 KiB wait in memory, then the transfer pauses and TCP stops the server.
    /// - Returns: the head, when the body is complete.
    /// - Throws: `HTTPError`, or what a closure throws (which ends the transfer).
    package func stream(
        _ request: HTTPRequest,
        onHead: (HTTPResponseHead) async throws -> Void,
        onChunk: ([UInt8]) async throws -> Void
    ) async throws -> HTTPResponseHead {
        let channel = ChunkChannel()
        let transfer = try Transfer(request, configuration: configuration, delivery: .stream(channel))
        try start(transfer)
        let resume = { [loop] () -> Void in loop.submit { $0.resume(transfer) } }
        do {
            return try await withTaskCancellationHandler {
                var head: HTTPResponseHead?
                while true {
                    switch await channel.next(resume: resume) {
                    case .head(let received):
                        head = received
                        try await onHead(received)
                    case .chunk(let bytes):
                        try await onChunk(bytes)
                    case .end:
                        guard let head else { throw HTTPError(.protocolViolation, "The answer has no head") }
                        return head
                    case .failure(let error):
                        throw error
                    }
                }
            } onCancel: {
                loop.cancel(transfer)
            }
        } catch {
            loop.cancel(transfer)
            // The transfer ends in any case: the loop finishes each one, also when it closes.
            await channel.drain()
            throw error
        }
    }

    /// Connects only; nothing is sent. Of the request, URL, endpoint and `timeout` (for connecting) count.
    /// - Throws: any `HTTPError`.
    package func upgrade(_ request: HTTPRequest) async throws(HTTPError) -> UpgradedConnection {
        let promise = Promise<ConnectedSocket>()
        let transfer = try Transfer(request, configuration: configuration, delivery: .connection(promise))
        let socket = try await outcome(of: promise, transfer)
        return UpgradedConnection(socket, target: transfer.target, client: self)
    }

    /// The tunnel's end of a connection that a dialer has made; can be had once.
    /// - Throws: `cancelled` when the transfer is over already, `system`, `shutdown`.
    package func accept(_ dialled: DialledConnection) async throws(HTTPError) -> UpgradedConnection {
        let promise = Promise<ConnectedSocket>()
        // libcurl connects as soon as it has its socket, so before the loop comes to this command.
        guard loop.submit({ $0.accept(dialled, promise) }) else { throw TransferLoop.closedError }
        return UpgradedConnection(
            try await promise.outcome().get(), target: try HTTPTarget(url: "http://localhost"), client: self)
    }

    /// Has later requests make connections of their own. Kept connections close, those in use as soon as what they are used
    /// for is over: for when whoever we are to the servers has changed.
    package func renewConnections() {
        loop.submit { $0.renewConnections() }
    }

    /// Ends all transfers with `shutdown` and waits for the thread. Later calls throw `shutdown`.
    package func shutdown() async {
        loop.close()
        await loop.join()
    }

    private func outcome<Value>(
        of promise: Promise<Value>, _ transfer: Transfer
    ) async throws(HTTPError) -> Value {
        try start(transfer)
        let outcome = await withTaskCancellationHandler {
            await promise.outcome()
        } onCancel: {
            loop.cancel(transfer)
        }
        return try outcome.get()
    }

    /// A cancelled task sends nothing: the loop could have written the request before it hears of the cancellation.
    private func start(_ transfer: Transfer) throws(HTTPError) {
        guard !Task.isCancelled else { throw HTTPError(.cancelled, "\(transfer.label): cancelled") }
        try loop.start(transfer)
    }
}
