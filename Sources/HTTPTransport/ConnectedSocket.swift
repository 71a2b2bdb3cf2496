import CLibcurl
import CPodkeeper

/// An upgraded connection on the loop's thread.
///
// Safe because: only the loop's thread reads or changes it; other threads merely pass the reference back in commands.
final class ConnectedSocket: @unchecked Sendable {
    private struct Outgoing {
        let bytes: [UInt8]
        /// How many of them have been copied to `buffer`.
        var taken = 0
        let promise: Promise<Void>
    }

    let carrier: SocketCarrier
    let fd: Int32
    private var waitingReceive: (promise: Promise<[UInt8]>, maximum: Int)?
    /// In the order of the calls; each is suspended, so their number is that of the callers.
    private var outgoing: [Outgoing] = []
    /// The one buffer that libcurl sends from. After CURLE_AGAIN the call must be repeated with the same address and
    /// length, although part may be on the wire already (OpenSSL's moving-write-buffer mode is off).
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 16)
    private var unsent = 0..<0
    /// The byte that `claim` may have read.
    private var early: [UInt8] = []
    private var failure: HTTPError?
    private var sendFailure: HTTPError?

    init?(_ transfer: Transfer) {
        guard let easy = transfer.easy else { return nil }
        let fd = pk_curl_get_active_socket(easy.handle)
        guard fd >= 0 else { return nil }
        carrier = .curl(transfer, handle: easy.handle)
        self.fd = fd
    }

    /// The descriptor is non-blocking and becomes the loop's, which closes it.
    init(descriptor: Int32) {
        carrier = .plain(descriptor)
        fd = descriptor
    }

    deinit {
        buffer.deallocate()
    }

    /// Reads once for libcurl's sake: until its first read or write the connection counts as idle, and libcurl may close
    /// it, and so free its descriptor, when it makes another one (url.c, prune_dead_connections).
    func claim(scratch: UnsafeMutableRawBufferPointer) {
        if case .bytes(let bytes) = read(1, scratch) { early = bytes }
    }

    func receive(_ promise: Promise<[UInt8]>, maximum: Int, scratch: UnsafeMutableRawBufferPointer) {
        if let failure { return promise.fulfil(.failure(failure)) }
        guard waitingReceive == nil else {
            return promise.fulfil(
                .failure(HTTPError(.invalidRequest, "Two calls receive from one connection at a time")))
        }
        if !early.isEmpty {
            if case .bytes(let more) = read(maximum - early.count, scratch) { early += more }
            promise.fulfil(.success(early))
            return early = []
        }
        waitingReceive = (promise, max(1, maximum))
        moveIncoming(scratch: scratch)
    }

    func cancelReceive(_ promise: Promise<[UInt8]>) {
        guard let waiting = waitingReceive, waiting.promise === promise else { return }
        waitingReceive = nil
        promise.fulfil(.failure(carrier.error(.cancelled, "receiving was cancelled")))
    }

    func send(_ bytes: [UInt8], _ promise: Promise<Void>) {
        if let failure = failure ?? sendFailure { return promise.fulfil(.failure(failure)) }
        outgoing.append(Outgoing(bytes: bytes, promise: promise))
        if outgoing.count == 1 { moveOutgoing() }
    }

    /// - Returns: whether the connection must be closed, because some of the bytes may be on the wire.
    func cancelSend(_ promise: Promise<Void>) -> Bool {
        guard let index = outgoing.firstIndex(where: { $0.promise === promise }) else { return false }
        guard outgoing[index].taken == 0 else { return true }
        outgoing.remove(at: index)
        promise.fulfil(.failure(carrier.error(.cancelled, "sending was cancelled")))
        return false
    }

    /// Does what the socket allows; called for every edge that epoll reports.
    func move(scratch: UnsafeMutableRawBufferPointer) {
        moveOutgoing()
        moveIncoming(scratch: scratch)
    }

    /// Everyone who waits or calls from now on gets the error.
    func fail(_ error: HTTPError) {
        guard failure == nil else { return }
        failure = error
        waitingReceive?.promise.fulfil(.failure(error))
        waitingReceive = nil
        outgoing.forEach { $0.promise.fulfil(.failure(error)) }
        outgoing = []
    }

    /// A peer that takes no more may have said why before: what it has sent is still there to be received.
    private func failSends(_ error: HTTPError) {
        sendFailure = error
        outgoing.forEach { $0.promise.fulfil(.failure(error)) }
        outgoing = []
    }

    // MARK: Reading

    private enum Reading {
        case bytes([UInt8])
        case nothingYet
        case failed(String)
    }

    private func moveIncoming(scratch: UnsafeMutableRawBufferPointer) {
        guard let waiting = waitingReceive else { return }
        switch read(waiting.maximum, scratch) {
        case .nothingYet:
            return
        case .bytes(let bytes):
            waitingReceive = nil
            waiting.promise.fulfil(.success(bytes))
        case .failed(let reason):
            fail(carrier.error(.reset, "receiving failed: \(reason)"))
        }
    }

    /// Reads until the bound is reached or there is no more: TLS keeps decrypted bytes of which epoll knows nothing.
    private func read(_ maximum: Int, _ scratch: UnsafeMutableRawBufferPointer) -> Reading {
        let limit = min(maximum, scratch.count)
        var filled = 0
        reading: while filled < limit {
            switch carrier.receive(scratch.baseAddress.map { $0 + filled }, limit - filled) {
            case .nothingYet:
                guard filled > 0 else { return .nothingYet }
                break reading
            case .failed(let reason):
                guard filled > 0 else { return .failed(reason) }
                break reading
            // The end of the stream, reported again by the next call if bytes came before it.
            case .moved(0):
                break reading
            case .moved(let count):
                filled += count
            }
        }
        return .bytes([UInt8](scratch[..<filled]))
    }

    // MARK: Writing

    private func moveOutgoing() {
        while failure == nil, sendFailure == nil {
            guard !unsent.isEmpty || loadBuffer() else { return }
            switch carrier.send(buffer.baseAddress.map { $0 + unsent.lowerBound }, unsent.count) {
            case .nothingYet: return
            case .failed(let reason): return failSends(carrier.error(.reset, "sending failed: \(reason)"))
            case .moved(let count):
                unsent = min(unsent.lowerBound + count, unsent.upperBound)..<unsent.upperBound
            }
        }
    }

    /// Copies the next bytes to the buffer and tells those whose bytes are all sent.
    private func loadBuffer() -> Bool {
        while let first = outgoing.first {
            let count = min(buffer.count, first.bytes.count - first.taken)
            if count > 0 {
                buffer.copyBytes(from: first.bytes[first.taken..<(first.taken + count)])
                outgoing[0].taken += count
                unsent = 0..<count
                return true
            }
            outgoing.removeFirst()
            first.promise.fulfil(.success(()))
        }
        return false
    }
}
