import CPodkeeper
import Glibc
import JSONRPC
import Logging

/// The event loop: accepts, reads, cuts into messages, hands calls over, writes what could not be written at once.
///
/// Lives on the reactor's thread alone and never waits but in epoll_wait(2).
struct ReactorLoop {
    static let wakeupKey: UInt64 = 0
    static let listenerKey: UInt64 = 1

    /// A connection and the line that is being read from it. An object, so that one look-up finds it for a whole request.
    final class Client {
        let connection: Connection
        var framer: LineFramer

        init(connection: Connection, framer: LineFramer) {
            self.connection = connection
            self.framer = framer
        }
    }

    let reactor: Reactor
    var clients: [UInt64: Client] = [:]
    /// How many clients a uid has.
    var clientsOfUser: [UInt32: Int] = [:]
    /// Bytes in all framers together.
    var partialBytes = 0
    var nextKey = listenerKey + 1
    /// Set while accepting pauses, for want of descriptors.
    var acceptPause: Pause?
    /// One warning for each time that accepting stops working, not one for each try.
    var hasWarnedOfAccept = false
    var drain: Drain?
    var buffer = [UInt8](repeating: 0, count: 65_536)
    /// Connections with answers that are written when all events of this round are handled.
    var answered: [Connection] = []

    /// Events taken in one round. Their answers are written together: the first of them wakes whoever waits for it, and
    /// were it written alone, that would run in place of this thread where processors are few. Not more, so that
    /// clients do their part while the next round is served.
    private static let roundSize = 16

    // Objects, these two, because each round looks whether there are any: for an optional of an instant that is a call
    // into the runtime.

    final class Pause {
        let end: ContinuousClock.Instant

        init(end: ContinuousClock.Instant) { self.end = end }
    }

    /// A stop that waits for running calls.
    final class Drain {
        let deadline: ContinuousClock.Instant
        let hasCancelled: Bool

        init(deadline: ContinuousClock.Instant, hasCancelled: Bool = false) {
            self.deadline = deadline
            self.hasCancelled = hasCancelled
        }
    }

    init(reactor: Reactor) {
        self.reactor = reactor
    }

    mutating func run() {
        var events = [pk_epoll_event](repeating: pk_epoll_event(), count: Self.roundSize)
        while reactor.phase != .ended, !isDrained() {
            let count = pk_epoll_wait(reactor.epoll, &events, Int32(events.count), timeout())
            guard count >= 0 else {
                // EBADF, EFAULT, EINVAL (epoll_wait(2)): nothing that would be better the next time.
                reactor.logger.critical("the control socket's event loop failed: \(Errno.text(-count))")
                break
            }
            for index in 0..<Int(count) { handle(events[index]) }
            for connection in answered { connection.flush() }
            answered.removeAll(keepingCapacity: true)
            resumeAccepting()
            advanceDrain()
        }
        for client in clients.values { client.connection.close() }
        clients = [:]
    }

    private mutating func handle(_ event: pk_epoll_event) {
        switch event.data {
        case Self.wakeupKey: reactor.clearWakeup()
        case Self.listenerKey: accept()
        default: handleClient(event)
        }
    }

    private mutating func handleClient(_ event: pk_epoll_event) {
        guard let client = clients[event.data] else { return }
        // Both sides are shut: nobody is left to read an answer, so what it still sent is not run either.
        guard event.events & (PK_EPOLLHUP | PK_EPOLLERR) == 0 else {
            close(event.data)
            return
        }
        if event.events & PK_EPOLLOUT != 0 { client.connection.flush() }
        if event.events & PK_EPOLLIN != 0 { read(client, event.data) }
    }

    mutating func close(_ key: UInt64) {
        guard let client = clients.removeValue(forKey: key) else { return }
        partialBytes -= client.framer.bufferedBytes
        let uid = client.connection.peer.uid
        let left = (clientsOfUser[uid] ?? 1) - 1
        clientsOfUser[uid] = left > 0 ? left : nil
        client.connection.close()
        reactor.load.setConnections(clients.count)
    }

    private func timeout() -> Int32 {
        guard acceptPause != nil || drain != nil,
            let next = [acceptPause?.end, drain?.deadline].compactMap({ $0 }).min()
        else { return -1 }
        let wait = next - .now
        guard wait > .zero else { return 0 }
        // Rounded up: a wait that ends early would spin until the deadline.
        let milliseconds = wait.components.seconds * 1000 + wait.components.attoseconds / 1_000_000_000_000_000 + 1
        return Int32(clamping: milliseconds)
    }

    // MARK: Stopping

    private mutating func advanceDrain() {
        guard reactor.phase == .draining else { return }
        guard let drain else {
            begin()
            return
        }
        guard drain.deadline <= .now else { return }
        guard !drain.hasCancelled else {
            reactor.advance(to: .ended)
            return
        }
        reactor.logger.warning("stopping: \(reactor.load.calls) calls did not end in time and are cancelled")
        self.drain = Drain(deadline: .now + reactor.limits.cancellationGrace, hasCancelled: true)
        for client in clients.values { client.connection.cancelAllCalls() }
    }

    private mutating func begin() {
        drain = Drain(deadline: .now + reactor.limits.shutdownGrace)
        _ = pk_epoll_ctl(reactor.epoll, PK_EPOLL_CTL_DEL, reactor.listener.descriptor, 0, 0)
        acceptPause = nil
        reactor.listener.stopListening()
        reactor.load.whenIdle { [weak reactor] in reactor?.wake() }
    }

    /// Every call is answered and every answer written.
    private func isDrained() -> Bool {
        guard drain != nil, reactor.load.calls == 0 else { return false }
        return clients.values.allSatisfy { $0.connection.isFlushed }
    }
}
