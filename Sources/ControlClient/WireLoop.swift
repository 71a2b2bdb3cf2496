import CPodkeeper
import Glibc
import JSONRPC
import Synchronization

/// What the client's thread does: wait for the socket, write, read, hand out what came.
struct WireLoop {
    private let wire: Wire
    private let wakeup: Int32
    private var framer: LineFramer
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    /// What the daemon said last about no call in particular: often why it closes the connection.
    private var lastWord: RPCError?

    init(wire: Wire, wakeup: Int32) {
        self.wire = wire
        self.wakeup = wakeup
        framer = LineFramer(maximumLineBytes: wire.limits.maximumMessageBytes)
    }

    /// Returns why the connection ended.
    mutating func run() -> ControlClientError {
        while true {
            let (interest, timeout, isCloseRequested) = plan()
            if isCloseRequested { return ControlClientError(.closed, "the connection to podkeeperd was closed") }
            var polls = [
                pollfd(fd: wire.descriptor, events: interest, revents: 0),
                pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&polls, nfds_t(polls.count), timeout)
            guard count >= 0 || errno == EINTR else { return lost(errno) }
            if count > 0 {
                if polls[1].revents != 0 { _ = pk_eventfd_drain(wakeup) }
                if let failure = transfer(polls[0].revents) { return failure }
            }
            expireCalls()
        }
    }

    private func plan() -> (interest: Int16, timeout: Int32, isCloseRequested: Bool) {
        wire.state.withLock { state in
            var interest: Int32 = 0
            if state.inbox.byteCount < wire.limits.maximumNotificationBytes { interest |= POLLIN }
            if !state.outbound.isEmpty { interest |= POLLOUT }
            let next = state.calls.values.compactMap(\.deadline).min()
            return (Int16(interest), next.map(milliseconds) ?? -1, state.isCloseRequested)
        }
    }

    private func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let wait = deadline - .now
        guard wait > .zero else { return 0 }
        let components = wait.components
        // Rounded up: a wait that ends early would spin until the deadline. Cut to a day against overflow.
        return Int32(min(components.seconds, 86_400) * 1000 + components.attoseconds / 1_000_000_000_000_000 + 1)
    }

    private mutating func transfer(_ events: Int16) -> ControlClientError? {
        if events & Int16(POLLOUT) != 0, let failure = write() { return failure }
        // Reading tells what POLLHUP and POLLERR mean, after what was sent before the end. While the inbox is full it
        // waits, also for the end: what was sent shall not be lost.
        let isFull = wire.state.withLock { $0.inbox.byteCount >= wire.limits.maximumNotificationBytes }
        guard events & Int16(POLLIN | POLLHUP | POLLERR) != 0, !isFull else {
            return events & Int16(POLLHUP | POLLERR) != 0 ? pauseWhileFull() : nil
        }
        return read()
    }

    // poll(2) reports the end whether asked or not: without a pause the thread would spin until somebody takes a
    // notification.
    private func pauseWhileFull() -> ControlClientError? {
        var waiting = pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)
        poll(&waiting, 1, 1000)
        return nil
    }

    private func write() -> ControlClientError? {
        let number: Int32 = wire.state.withLock { state in
            var number: Int32 = 0
            state.outbound.drain { bytes in
                while true {
                    let count = send(wire.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
                    if count >= 0 { return count }
                    guard errno == EINTR else {
                        number = errno
                        return 0
                    }
                }
            }
            return number
        }
        // After EPIPE and the like the daemon's last words may still be there to be read: the read finds the end.
        guard number != 0, number != EAGAIN else { return nil }
        return number == EPIPE || number == ECONNRESET ? nil : lost(number)
    }

    private mutating func read() -> ControlClientError? {
        let count = buffer.withUnsafeMutableBytes { recv(wire.descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else {
            if count == 0 { return lost(0) }
            let number = errno
            return number == EAGAIN || number == EINTR ? nil : lost(number)
        }
        let events = buffer.withUnsafeBufferPointer { framer.append(UnsafeBufferPointer(rebasing: $0[..<count])) }
        for event in events {
            guard case .line(let line) = event else {
                let limit = wire.limits.maximumMessageBytes
                return ControlClientError(.badAnswer, "podkeeperd sent a line of more than \(limit) bytes")
            }
            // This side sends no batches, so none comes back.
            guard case .single(let message) = RPCLine(decoding: line, maximumBatch: 0) else { continue }
            if let failure = take(message) { return failure }
        }
        return nil
    }

    private mutating func take(_ message: RPCMessage) -> ControlClientError? {
        switch message {
        case .response(let response):
            take(response)
        case .request(let request) where request.id == nil:
            let notification = RPCNotification(request)
            wire.state.withLock { $0.inbox.add(notification) }?.resume(returning: notification)
        // Podkeeperd asks nothing of its clients; whoever does gets no answer.
        case .request: break
        case .invalid(let error, _):
            return ControlClientError(
                .badAnswer, "podkeeperd sent what is no JSON-RPC: \(error.message)",
                hint: "is that socket podkeeperd's?")
        }
        return nil
    }

    private mutating func take(_ response: RPCResponse) {
        guard case .integer(let id) = response.id else {
            if case .failure(let error) = response.outcome { lastWord = error }
            return
        }
        // No call: it was cancelled or timed out, and this answer crossed that.
        let (call, consumer) = wire.state.withLock { state in
            let call = state.calls.removeValue(forKey: id)
            // Here, where it is certain what came before the answer and what after.
            return (call, call?.endsNotifications == true ? state.inbox.end() : nil)
        }
        consumer?.resume(returning: nil)
        guard let call else { return }
        call.continuation.resume(with: response.outcome.mapError { $0 })
    }

    private func expireCalls() {
        let now = ContinuousClock.now
        let expired = wire.state.withLock { state in
            state.calls.filter { $0.value.deadline.map { $0 <= now } ?? false }.map(\.key)
        }
        for id in expired {
            wire.abandon(id)?.continuation.resume(
                throwing: ControlClientError(.timedOut, "podkeeperd did not answer in time"))
        }
    }

    private func lost(_ number: Int32) -> ControlClientError {
        if let lastWord {
            return ControlClientError(.connectionLost, "podkeeperd closed the connection: \(lastWord.message)")
        }
        let reason = number == 0 ? "podkeeperd closed the connection" : String(cString: strerror(number))
        return ControlClientError(
            .connectionLost, "the connection to podkeeperd was lost: \(reason)",
            hint: "a call that was under way may have been carried out")
    }
}
