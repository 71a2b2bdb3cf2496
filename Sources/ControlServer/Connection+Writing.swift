import Glibc
import JSONRPC
import Synchronization

extension Connection {
    /// Queues a line, waiting for room. Throws `CancellationError`, and `ConnectionClosedError`.
    func send(_ line: [UInt8]) async throws {
        let number = state.withLock { $0.takeNumber() }
        try await withTaskCancellationHandler {
            try await enqueue(line, number: number, isCancellable: true)
        } onCancel: {
            cancelWaiter(number)
        }
    }

    /// Queues the response of a call. Waits for room also when the call is cancelled, for the peer still gets exactly
    /// one response; only the connection's end ends the wait. Nil is no response (a batch that is not complete).
    func deliver(_ line: [UInt8]?) async {
        guard let line else { return }
        let number = state.withLock { $0.takeNumber() }
        // A connection that is closed has nobody who could be told.
        try? await enqueue(line, number: number, isCancellable: false)
    }

    /// Queues a line without waiting, for the reactor, which must never wait. What that adds to a full queue is bounded
    /// by what one read brings, for reading pauses when the queue is full. True when it is for the reactor to `flush`.
    func sendNow(_ line: [UInt8]) -> Bool {
        state.withLock { state in
            guard !state.isClosed, !state.isBroken else { return false }
            defer { state.outbound.append(line) }
            return state.outbound.isEmpty
        }
    }

    /// Writes what the socket takes and lets waiting senders in. Reactor only.
    func flush() {
        let admitted = state.withLock { state in
            guard !state.isClosed else { return [Waiter]() }
            write(&state)
            let admitted = admit(&state)
            updateInterest(&state)
            endIfDone(state)
            return admitted
        }
        for waiter in admitted { waiter.continuation.resume() }
    }

    /// Whether a response may be queued without waiting, and no running call has this id.
    func takesAnswerNow(to id: JSONRPCID) -> Bool {
        state.withLock { state in
            hasRoom(state) && state.waiters.isEmpty && (state.callNumbers.isEmpty || state.callNumbers[id] == nil)
        }
    }

    /// Nothing is left to be written, or nothing can be.
    var isFlushed: Bool {
        state.withLock { ($0.outbound.isEmpty && $0.waiters.isEmpty) || $0.isBroken || $0.isClosed }
    }

    /// Replaces a response that is too long for one message.
    func bounded(_ line: [UInt8], id: JSONRPCID) -> [UInt8] {
        let limit = limits.maximumMessageBytes
        guard line.count > limit + 1 else { return line }
        let error = RPCError.tooLarge(
            "the result is longer than \(limit) bytes; ask for less at a time", limit: limit)
        return RPCWriter.response(id: id, .failure(error))
    }

    private func enqueue(_ line: [UInt8], number: UInt64, isCancellable: Bool) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<Void, any Error>? = state.withLock { state in
                guard !state.isClosed, !state.isBroken else { return .failure(ConnectionClosedError()) }
                // The cancellation handler found no waiter if it ran before this; then the flag is set by now.
                if isCancellable, Task.isCancelled { return .failure(CancellationError()) }
                guard hasRoom(state), state.waiters.isEmpty else {
                    state.waiters.append(Waiter(number: number, line: line, continuation: continuation))
                    return nil
                }
                append(line, to: &state)
                return .success(())
            }
            if let result { continuation.resume(with: result) }
        }
    }

    private func cancelWaiter(_ number: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(throwing: CancellationError())
    }

    private func hasRoom(_ state: State) -> Bool { state.outbound.byteCount < limits.outboundHighWater }

    private func append(_ line: [UInt8], to state: inout State) {
        let wasEmpty = state.outbound.isEmpty
        state.outbound.append(line)
        // Behind other bytes the socket was full a moment ago: the reactor hears when it is not.
        if wasEmpty { write(&state) }
        updateInterest(&state)
    }

    private func admit(_ state: inout State) -> [Waiter] {
        guard !state.waiters.isEmpty else { return [] }
        // A broken connection has room for everything: it ends by itself in a moment, and nothing is kept for it.
        var count = 0
        while count < state.waiters.count, hasRoom(state) {
            state.outbound.append(state.waiters[count].line)
            count += 1
            write(&state)
        }
        let admitted = Array(state.waiters.prefix(count))
        state.waiters.removeFirst(count)
        return admitted
    }

    private func write(_ state: inout State) {
        guard !state.isBroken else {
            state.outbound = ByteQueue()
            return
        }
        var outbound = state.outbound
        state.outbound = ByteQueue()
        outbound.drain { send($0, &state) }
        if !state.isBroken { state.outbound = outbound }
    }

    /// How many of the bytes the socket takes now; a failure ends the connection.
    private func send(_ bytes: UnsafeRawBufferPointer, _ state: inout State) -> Int {
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return count }
            switch Errno.current {
            case EINTR: continue
            case EAGAIN: return 0
            default:
                state.isBroken = true
                // Makes the reactor hear EPOLLHUP, and close.
                shutdown(descriptor, Int32(SHUT_RDWR))
                return 0
            }
        }
    }
}

extension Connection.State {
    mutating func takeNumber() -> UInt64 {
        defer { nextNumber &+= 1 }
        return nextNumber
    }
}
