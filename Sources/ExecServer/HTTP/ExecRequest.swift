import NIOCore
import NIOHTTP1

/// One request: its head, and its body as far as it has been read.
struct ExecRequest: ~Copyable {
    typealias Iterator = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

    let head: HTTPRequestHead
    let watch: ConnectionWatch
    private let channel: any Channel
    private let share: BodyBudget.Share
    private var parts: Iterator
    private var isAtEnd = false
    private var mayContinue: Bool

    init(
        _ head: HTTPRequestHead, parts: Iterator, channel: any Channel, watch: ConnectionWatch, budget: BodyBudget
    ) {
        self.head = head
        self.parts = parts
        self.channel = channel
        self.watch = watch
        share = budget.share()
        mayContinue = head.headers["Expect"].contains { $0.lowercased() == "100-continue" }
    }

    /// The path, without a query.
    var path: Substring { head.uri.prefix { $0 != "?" } }

    /// The next piece of the body; nil at its end. Throws where the client goes away or takes too long.
    mutating func nextChunk() async throws -> ByteBuffer? {
        guard !isAtEnd else { return nil }
        if mayContinue {
            // RFC 9110 §10.1.1: the client waits for this before it sends the body.
            mayContinue = false
            try await channel.writeAndFlush(
                HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .continue))
            ).get()
        }
        let late = channel.closing(in: ServerLimits.bodyTime)
        defer { late.cancel() }
        while let part = try await parts.next(isolation: #isolation) {
            switch part {
            case .head: continue
            case .body(let bytes): return bytes
            case .end:
                isAtEnd = true
                return nil
            }
        }
        throw ChannelError.inputClosed
    }

    /// The whole body. Throws `too_large` without reading on, `overloaded` where memory is short.
    mutating func body(limit: Int) async throws -> [UInt8] {
        try checkLength(limit: limit)
        let announced = announcedBytes
        try share.grow(by: announced)
        var reserved = announced
        var bytes: [UInt8] = []
        bytes.reserveCapacity(announced)
        while let chunk = try await nextChunk() {
            let size = bytes.count + chunk.readableBytes
            guard size <= limit else { throw ExecFailure.tooLarge("the request body", limit: limit) }
            if size > reserved {
                try share.grow(by: size - reserved)
                reserved = size
            }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        return bytes
    }

    /// Throws `too_large` for a body that says so beforehand.
    func checkLength(limit: Int) throws(ExecFailure) {
        guard announcedBytes <= limit else { throw ExecFailure.tooLarge("the request body", limit: limit) }
    }

    /// Whether reading the rest of the body takes no time worth mentioning.
    var isShort: Bool {
        if isAtEnd { return true }
        guard !mayContinue, !head.headers.contains(name: "Transfer-Encoding") else { return false }
        return announcedBytes <= ServerLimits.shortBodyBytes
    }

    private var announcedBytes: Int { head.headers.first(name: "Content-Length").flatMap(Int.init) ?? 0 }

    /// Leaves the connection at the start of the next request. False where it cannot be used again.
    mutating func finish() async -> Bool {
        // A client that still waits for permission may or may not send the body now: only closing is safe.
        if mayContinue { return isAtEnd }
        var drained = 0
        let late = channel.closing(in: ServerLimits.drainTime)
        defer { late.cancel() }
        do {
            while let chunk = try await nextChunk() {
                drained += chunk.readableBytes
                guard drained <= ServerLimits.maximumDrainedBytes else { return false }
            }
            return true
        } catch {
            return false
        }
    }

    /// Gives the connection's parts back for the next request.
    consuming func release() -> Iterator { parts }
}

extension Channel {
    /// Closes the channel after `time`, unless cancelled.
    func closing(in time: TimeAmount) -> Scheduled<Void> {
        eventLoop.scheduleTask(in: time) { self.close(promise: nil) }
    }
}
