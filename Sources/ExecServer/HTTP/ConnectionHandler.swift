import NIOCore
import NIOHTTP1

/// Serves one connection, request after request.
struct ConnectionHandler: Sendable {
    typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, Never>

    let router: Router
    let budget: BodyBudget
    let connections: ConnectionTable

    /// Runs on the event loop for every accepted connection.
    static func configure(_ channel: any Channel) throws -> Connection {
        try addHandlers(to: channel)
        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
    }

    /// What turns bytes into requests, within the server's limits.
    static func addHandlers(to channel: any Channel) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = ServerLimits.maximumHeaderBytes
        limits.maxHeaderListSize = ServerLimits.maximumHeaderBytes
        limits.maxHeaderFieldCount = ServerLimits.maximumHeaders
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withErrorHandling: false, withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
        try channel.pipeline.syncOperations.addHandler(BadRequestHandler())
    }

    /// Returns when the connection is closed; closes it at once without a number of `connections`. What went wrong with it
    /// is the client's own affair.
    func serve(_ connection: Connection, number: UInt64?) async {
        let channel = connection.channel
        guard let number else {
            // Only this closes an async channel without a complaint.
            try? await connection.executeThenClose { _ in }
            return
        }
        defer { connections.leave(number) }
        let watch = ConnectionWatch(channel)
        try? await connection.executeThenClose { inbound in
            var parts = inbound.makeAsyncIterator()
            while let head = try await connections.whileSilent(number, { try await nextHead(&parts, channel) }) {
                var request = ExecRequest(head, parts: parts, channel: channel, watch: watch, budget: budget)
                let isReusable = try await answer(&request, channel)
                parts = request.release()
                if !isReusable { return }
            }
        }
    }

    private func nextHead(_ parts: inout ExecRequest.Iterator, _ channel: any Channel) async throws -> HTTPRequestHead?
    {
        let late = channel.closing(in: ServerLimits.idleTime)
        defer { late.cancel() }
        while let part = try await parts.next(isolation: #isolation) {
            if case .head(let head) = part { return head }
        }
        return nil
    }

    /// False where the connection has to be closed.
    private func answer(_ request: inout ExecRequest, _ channel: any Channel) async throws -> Bool {
        let writer = ResponseWriter(channel: channel, version: request.head.version)
        let keepsAlive = request.head.isKeepAlive
        let response: ExecResponse
        do {
            guard let whole = try await router.respond(to: &request, writer) else {
                return keepsAlive && writer.knowsChunks
            }
            response = whole
        } catch let error as BrokenConnection {
            throw error
        } catch {
            response = .failure(ExecFailure(error))
        }
        guard request.isShort else {
            // The rest of the body may be anything: answer first, for clients that listen while they send, and then
            // give the others a moment, since closing with bytes unread resets the connection and the answer with it.
            try await writer.write(response, keepsAlive: false)
            _ = await request.finish()
            return false
        }
        let isReusable = await request.finish() && keepsAlive
        try await writer.write(response, keepsAlive: isReusable)
        return isReusable
    }
}

/// The answer cannot be finished: closing the connection is all that can still be said.
struct BrokenConnection: Error {}
