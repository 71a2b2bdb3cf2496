import CLibcurl
import CPodkeeper
import Glibc

/// One request on its way through the loop.
///
// Safe because: one task builds it and gives it to `TransferLoop`; from then on only the loop's thread reads or changes
// it, other threads merely pass the reference back in commands.
final class Transfer: @unchecked Sendable {
    /// Who waits for what.
    enum Delivery {
        case whole(limit: Int, Promise<HTTPResponse>)
        case stream(ChunkChannel)
        case connection(Promise<ConnectedSocket>)
    }

    let delivery: Delivery
    let target: HTTPTarget
    /// Nanoseconds without a byte after which the transfer is given up.
    let idleLimit: UInt64?
    /// From `after` on, in nanoseconds since `started`, the limit is this one.
    private let overdue: (after: UInt64, limit: UInt64)?
    private let started = MonotonicClock.now()
    /// Freed as soon as the loop has removed it.
    var easy: CurlEasy?
    /// Where the loop has put it.
    var multi: CurlMulti?
    /// When the last byte came (or the consumer was last seen busy).
    var lastActivity: UInt64 = 0
    let label: String
    private let dialer: HTTPDialer?
    /// The connection that its dialer made for it; nil while it uses a kept one.
    private var dialled: DialledConnection?
    private var response = ResponseAssembler()
    private var body: [UInt8] = []
    private var isPaused = false
    /// Why a callback broke the transfer off.
    private var refusal: HTTPError?

    /// - Throws: `invalidRequest`, `system`.
    init(
        _ request: HTTPRequest, configuration: HTTPClientConfiguration, delivery: Delivery
    ) throws(HTTPError) {
        let target = try HTTPTarget(url: request.url)
        let easy = try CurlEasy()
        var connectOnly = false
        if case .connection = delivery { connectOnly = true }
        try easy.prepare(request, target: target, configuration: configuration, connectOnly: connectOnly)
        self.target = target
        self.easy = easy
        self.delivery = delivery
        dialer = request.endpoint.dialer
        label = "\(request.method) \(target.label)\(request.endpoint.unixSocketPath.map { " at \($0)" } ?? "")"
        idleLimit = request.idleTimeout?.clampedNanoseconds
        overdue = request.overdue.map { ($0.after.clampedNanoseconds, $0.idleTimeout.clampedNanoseconds) }
        let context = Unmanaged.passUnretained(self).toOpaque()
        // The table of the loop keeps `self` for as long as libcurl may call back.
        pk_curl_set_receivers(easy.handle, Self.receiveHeader, Self.receiveBody, context)
        if dialer != nil { pk_curl_set_dialer(easy.handle, Self.dial, context) }
        dialer?.began()
    }

    deinit {
        dialer?.ended()
    }

    /// Whether it belongs to those that last: they are never counted against the limit of connections per host.
    var isLongLived: Bool {
        if case .whole = delivery { false } else { true }
    }

    // MARK: On the loop's thread

    /// Lets a paused transfer go on.
    func resume() -> CURLcode {
        guard isPaused, let easy else { return CURLE_OK }
        isPaused = false
        lastActivity = MonotonicClock.now()
        return pk_curl_unpause(easy.handle)
    }

    /// When it is to be given up for want of bytes. While the consumer is busy the clock does not run.
    func idleDeadline(now: UInt64) -> UInt64? {
        guard let idleLimit else { return nil }
        if isPaused { lastActivity = now }
        let deadline = lastActivity &+ idleLimit
        guard let overdue else { return deadline }
        return min(deadline, max(started &+ overdue.after, lastActivity &+ overdue.limit))
    }

    func error(_ code: HTTPError.Code, _ reason: String) -> HTTPError {
        let dialling = dialled?.settle()
        let isSent = (easy?.hasSentRequest ?? false) && dialling?.hasForwarded != false
        return HTTPError(code, "\(label): \(reason)", requestMayHaveReachedServer: isSent)
    }

    func error(_ result: CURLcode) -> HTTPError {
        if let refusal { return refusal }
        guard let easy else { return error(.system, "it is over already") }
        let dialling = dialled?.settle()
        if var failure = dialling?.failure {
            // libcurl saw a closed socket; the tunnel knows why.
            failure.message = "\(label): \(failure.message)"
            return failure
        }
        return HTTPError(result, of: easy, label: label, isForwarded: dialling?.hasForwarded != false)
    }

    /// Tells the one who waits. The handle must be gone from its multi handle before.
    func finish(_ failure: HTTPError?) {
        switch delivery {
        case .whole(_, let promise):
            promise.fulfil(
                Result { () throws(HTTPError) in
                    if let failure { throw failure }
                    return HTTPResponse(head: try finalHead(), body: body)
                })
        case .stream(let channel):
            channel.finish(
                Result { () throws(HTTPError) in
                    if let failure { throw failure }
                    _ = try finalHead()
                })
        case .connection(let promise):
            promise.fulfil(.failure(failure ?? error(.system, "there is no connection")))
        }
    }

    private func finalHead() throws(HTTPError) -> HTTPResponseHead {
        guard let head = response.head else {
            throw HTTPError(.protocolViolation, "\(label): the answer has no head", requestMayHaveReachedServer: true)
        }
        return head
    }

    // MARK: Callbacks of libcurl

    private func take(header line: UnsafeRawBufferPointer) -> Int {
        lastActivity = MonotonicClock.now()
        let hadHead = response.head != nil
        guard response.take(line) else {
            refusal = error(.tooLarge, "the answer's headers are above \(ResponseAssembler.maximumHeaderBytes) bytes")
            return -1
        }
        if !hadHead, let head = response.head, case .stream(let channel) = delivery { channel.offer(head) }
        return line.count
    }

    private func take(body bytes: UnsafeRawBufferPointer) -> Int {
        lastActivity = MonotonicClock.now()
        switch delivery {
        case .whole(let limit, _):
            guard bytes.count <= limit - body.count else {
                refusal = error(.tooLarge, "the answer is above \(limit) bytes")
                return -1
            }
            body.append(contentsOf: bytes)
        case .stream(let channel):
            guard channel.offer(bytes) else {
                isPaused = true
                return Int(CURL_WRITEFUNC_PAUSE)
            }
        case .connection:
            break
        }
        return bytes.count
    }

    private func dial(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
        do throws(HTTPError) {
            dialled = try dialer?.dial(address)
        } catch {
            refusal = HTTPError(error.code, "\(label): \(error.message)")
            return -1
        }
        return pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), true)
    }

    private static let dial: curl_opensocket_callback = { context, _, address in
        guard let context, let address else { return -1 }
        return transfer(context).dial(address)
    }

    private static let receiveHeader: pk_curl_data_function = { bytes, size, count, context in
        guard let context else { return 0 }
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return transfer(context).take(header: line)
    }

    private static let receiveBody: pk_curl_data_function = { bytes, size, count, context in
        guard let context else { return 0 }
        let chunk = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return transfer(context).take(body: chunk)
    }

    private static func transfer(_ context: UnsafeMutableRawPointer) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }
}
