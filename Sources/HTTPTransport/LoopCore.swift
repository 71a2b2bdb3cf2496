import CLibcurl
import CPodkeeper
import Glibc

/// What the loop's thread owns: epoll, the multi handles and all that is under way. Nothing here blocks but the wait.
final class LoopCore {
    static let wakeTag: UInt64 = 0
    private static let connectionTag: UInt64 = 1

    let loop: TransferLoop
    private let connectionsPerHost: Int?
    /// Bounded exchanges, with the limit of connections per host.
    private var requests: CurlMulti
    /// Streams and upgraded connections, without a limit: they must not keep requests waiting.
    private var longLived: CurlMulti
    /// Those whose connections are not to be used again: each until its last transfer has ended.
    private var retired: [CurlMulti] = []
    private var multis: [CurlMulti] { [requests, longLived] + retired }
    /// Tells the sockets of one multi handle from those of all others.
    private var lastTag = LoopCore.connectionTag + 2
    private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
    private var connections: [Int32: ConnectedSocket] = [:]
    /// No transfer is idle for too long before this moment.
    private var idleCheck: UInt64?
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    init(_ loop: TransferLoop, _ configuration: HTTPClientConfiguration) throws(HTTPError) {
        self.loop = loop
        connectionsPerHost = configuration.maximumConnectionsPerHost
        requests = try CurlMulti(
            epoll: loop.epoll, tag: Self.connectionTag + 1, connectionsPerHost: connectionsPerHost)
        longLived = try CurlMulti(epoll: loop.epoll, tag: lastTag, connectionsPerHost: nil)
    }

    deinit {
        scratch.deallocate()
    }

    func run() {
        var events = [pk_epoll_event](repeating: pk_epoll_event(), count: 256)
        while true {
            let (commands, areLast) = loop.takeCommands()
            commands.forEach { $0(self) }
            if areLast { break }
            fireTimers()
            closeRetired()
            let count = pk_epoll_wait(loop.epoll, &events, Int32(events.count), waitMilliseconds())
            for event in events.prefix(Int(max(0, count))) { dispatch(event) }
            settle()
        }
        transfers.values.forEach { end($0, $0.error(.shutdown, "the HTTP client is shut down")) }
        connections.values.forEach { close($0, TransferLoop.closedError) }
        close()
    }

    /// Frees the multi handles; nothing may be under way.
    func close() {
        multis.forEach { $0.close() }
    }

    // MARK: Commands

    func start(_ transfer: Transfer) {
        guard let easy = transfer.easy else { return }
        transfers[easy.handle] = transfer
        transfer.lastActivity = MonotonicClock.now()
        let multi = transfer.isLongLived ? longLived : requests
        guard multi.add(easy) else {
            return end(transfer, transfer.error(.system, "libcurl does not take the request"))
        }
        transfer.multi = multi
        noteIdleDeadline(transfer.idleDeadline(now: transfer.lastActivity))
    }

    func cancel(_ transfer: Transfer) {
        guard isUnderWay(transfer) else { return }
        end(transfer, transfer.error(.cancelled, "cancelled"))
    }

    func resume(_ transfer: Transfer) {
        guard isUnderWay(transfer) else { return }
        let result = transfer.resume()
        if result != CURLE_OK { return end(transfer, transfer.error(result)) }
        noteIdleDeadline(transfer.idleDeadline(now: MonotonicClock.now()))
        settle()
    }

    /// Later transfers make connections of their own; those there are close as soon as nobody uses them. Without memory
    /// for that, all stays as it is.
    func renewConnections() {
        guard let next = try? CurlMulti(epoll: loop.epoll, tag: lastTag + 1, connectionsPerHost: connectionsPerHost)
        else { return }
        guard let lasting = try? CurlMulti(epoll: loop.epoll, tag: lastTag + 2, connectionsPerHost: nil) else {
            return next.close()
        }
        lastTag += 2
        retired += [requests, longLived]
        (requests, longLived) = (next, lasting)
    }

    /// Closes an upgraded connection; whoever waits on it gets the error.
    func close(_ connection: ConnectedSocket, _ error: HTTPError) {
        connection.fail(error)
        guard connections[connection.fd] === connection else { return }
        connections[connection.fd] = nil
        // Before libcurl closes the descriptor: another thread may get its number at once.
        _ = pk_epoll_ctl(loop.epoll, PK_EPOLL_CTL_DEL, connection.fd, 0, 0)
        switch connection.carrier {
        case .curl(let transfer, _): release(transfer)
        case .plain(let descriptor): Glibc.close(descriptor)
        }
    }

    /// Takes up the tunnel's end of a connection.
    func accept(_ dialled: DialledConnection, _ promise: Promise<ConnectedSocket>) {
        guard let descriptor = dialled.accept() else {
            return promise.fulfil(.failure(HTTPError(.cancelled, "the transfer does not want its connection any more")))
        }
        let connection = ConnectedSocket(descriptor: descriptor)
        let outcome = watch(connection)
        guard outcome == 0 else {
            Glibc.close(descriptor)
            return promise.fulfil(.failure(HTTPError(.system, "a socket cannot be watched (errno \(-outcome))")))
        }
        promise.fulfil(.success(connection))
    }

    // MARK: The loop

    private func waitMilliseconds() -> Int32 {
        guard let deadline = (multis.map(\.deadline) + [idleCheck]).compactMap(\.self).min() else {
            return -1
        }
        let now = MonotonicClock.now()
        guard deadline > now else { return 0 }
        // Rounded up, or the loop would spin through the last fraction of a millisecond.
        return Int32(clamping: (deadline - now + 999_999) / 1_000_000)
    }

    private func dispatch(_ event: pk_epoll_event) {
        let fd = Int32(truncatingIfNeeded: event.data)
        switch event.data >> 32 {
        case Self.wakeTag: loop.drainWake()
        case Self.connectionTag: connections[fd]?.move(scratch: scratch)
        case requests.tag: requests.socketReady(fd, events: event.events)
        case longLived.tag: longLived.socketReady(fd, events: event.events)
        case let tag: retired.first { $0.tag == tag }?.socketReady(fd, events: event.events)
        }
    }

    private func fireTimers() {
        let now = MonotonicClock.now()
        multis.forEach { $0.fireTimer(now: now) }
        settle()
        guard let idleCheck, idleCheck <= now else { return }
        self.idleCheck = nil
        for transfer in transfers.values {
            guard let deadline = transfer.idleDeadline(now: now) else { continue }
            if deadline <= now {
                end(transfer, transfer.error(.timeout, "no byte came for the time allowed"))
            } else {
                noteIdleDeadline(deadline)
            }
        }
    }

    private func noteIdleDeadline(_ deadline: UInt64?) {
        guard let deadline else { return }
        idleCheck = min(idleCheck ?? deadline, deadline)
    }

    /// Ends what libcurl reports as finished.
    private func settle() {
        for multi in multis {
            while let (handle, result) = multi.nextFinished() {
                guard let transfer = transfers[handle] else { continue }
                if result == CURLE_OK, case .connection(let promise) = transfer.delivery {
                    promote(transfer, promise)
                } else {
                    end(transfer, result == CURLE_OK ? nil : transfer.error(result))
                }
            }
            while let (handle, errno) = multi.nextUnwatched() {
                guard let transfer = transfers[handle] else { continue }
                end(transfer, transfer.error(.system, "its socket cannot be watched (errno \(errno))"))
            }
        }
    }

    /// A connection is made: from now on epoll reports its edges to us instead of to libcurl.
    private func promote(_ transfer: Transfer, _ promise: Promise<ConnectedSocket>) {
        guard let connection = ConnectedSocket(transfer), let handle = transfer.easy?.handle else {
            return end(transfer, transfer.error(.system, "libcurl does not say its socket"))
        }
        connection.claim(scratch: scratch)
        let outcome = watch(connection)
        guard outcome == 0 else {
            return end(transfer, transfer.error(.system, "its socket cannot be watched (errno \(-outcome))"))
        }
        transfers[handle] = nil
        promise.fulfil(.success(connection))
    }

    /// Returns 0, or an errno as `pk_epoll_ctl` does.
    private func watch(_ connection: ConnectedSocket) -> Int32 {
        let events = PK_EPOLLIN | PK_EPOLLOUT | PK_EPOLLRDHUP | PK_EPOLLET
        let data = Self.connectionTag << 32 | UInt64(UInt32(bitPattern: connection.fd))
        let outcome = pk_epoll_ctl(loop.epoll, PK_EPOLL_CTL_ADD, connection.fd, events, data)
        if outcome == 0 { connections[connection.fd] = connection }
        return outcome
    }

    private func end(_ transfer: Transfer, _ failure: HTTPError?) {
        guard isUnderWay(transfer), let handle = transfer.easy?.handle else { return }
        transfers[handle] = nil
        release(transfer)
        transfer.finish(failure)
    }

    /// Takes the handle out of libcurl and frees it, at once.
    private func release(_ transfer: Transfer) {
        guard let easy = transfer.easy else { return }
        transfer.multi?.remove(easy)
        transfer.easy = nil
        loop.transferEnded()
    }

    private func isUnderWay(_ transfer: Transfer) -> Bool {
        guard let handle = transfer.easy?.handle else { return false }
        return transfers[handle] === transfer
    }

    private func closeRetired() {
        retired.removeAll { multi in
            guard multi.isUnused else { return false }
            multi.close()
            return true
        }
    }
}
