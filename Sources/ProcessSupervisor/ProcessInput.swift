import Synchronization

/// What a process is to read on its stdin: a short queue between those who write and the pipe.
package final class ProcessInput: Sendable {
    /// Bytes of the queue: as much as a pipe holds (pipe(7)), four times over.
    private static let capacity = 256 << 10

    private struct State {
        var queue: ArraySlice<UInt8>
        /// Bytes taken from writers so far.
        var accepted = 0
        /// Nothing comes behind the queue.
        var isClosed: Bool
        /// Nobody reads any more.
        var isGone = false
        var nextID: UInt64 = 0
        var listeners: [UInt64: AsyncStream<Void>.Continuation] = [:]
    }

    /// How much of one `write` was taken.
    package struct Progress: Hashable, Sendable {
        /// Bytes accepted before this call's.
        package var start: Int
        package var accepted: Int
    }

    /// Why nothing was taken.
    package enum Refusal: Error, Hashable, Sendable {
        /// Bytes between those accepted and these are missing.
        case gap(accepted: Int)
        /// stdin was closed, by a writer or by the process.
        case closed
    }

    private let state: Mutex<State>

    /// `initial` is written first and not counted.
    package init(initial: [UInt8], staysOpen: Bool) {
        state = Mutex(State(queue: initial[...], isClosed: !staysOpen))
    }

    /// Queues bytes as far as there is room, and waits for more room until `limit` is over; then some may be left.
    ///
    /// `offset`: see `SandboxCore.Sandbox.writeInput`. The end counts only where all bytes were taken.
    package func write(
        _ bytes: [UInt8], offset: Int?, isLast: Bool, within limit: Duration
    ) async throws(Refusal) -> Progress {
        let (changes, listener) = listen()
        defer { forget(listener) }
        let start = offset ?? state.withLock { $0.accepted }
        let outcome: Result<Progress, Refusal> = await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                do { try await Task.sleep(for: limit) } catch { return }
                self.forget(listener)
            }
            defer { tasks.cancelAll() }
            var iterator = changes.makeAsyncIterator()
            while true {
                switch Result(catching: { () throws(Refusal) in try take(bytes, from: start, isLast) }) {
                case .failure(let refusal): return .failure(refusal)
                case .success(let progress) where progress.accepted >= start + bytes.count: return .success(progress)
                case .success(let progress):
                    if await iterator.next(isolation: #isolation) == nil { return .success(progress) }
                }
            }
        }
        return try outcome.get()
    }

    /// Takes what fits of the bytes that are not there yet.
    private func take(_ bytes: [UInt8], from start: Int, _ isLast: Bool) throws(Refusal) -> Progress {
        let (progress, listeners) = try state.withLock { state throws(Refusal) in
            guard start >= 0, start <= state.accepted else { throw .gap(accepted: state.accepted) }
            let rest = bytes.dropFirst(state.accepted - start)
            // A repeat of what was taken is no error, whatever happened since.
            if rest.isEmpty, state.isClosed || !isLast {
                return (Progress(start: start, accepted: state.accepted), [AsyncStream<Void>.Continuation]())
            }
            guard !state.isClosed, !state.isGone else { throw .closed }
            let piece = rest.prefix(max(0, Self.capacity - state.queue.count))
            state.queue = ArraySlice(Array(state.queue) + piece)
            state.accepted += piece.count
            if isLast, piece.count == rest.count { state.isClosed = true }
            return (Progress(start: start, accepted: state.accepted), Array(state.listeners.values))
        }
        for listener in listeners { listener.yield() }
        return progress
    }

    // MARK: The process's side

    enum Next {
        case bytes(ArraySlice<UInt8>)
        /// Nothing yet.
        case wait
        case end
    }

    /// What is to be written next; it stays queued until `wrote`.
    var next: Next {
        state.withLock { state in
            if !state.queue.isEmpty { return .bytes(state.queue) }
            return state.isClosed ? .end : .wait
        }
    }

    func wrote(_ count: Int) {
        change { $0.queue = $0.queue.dropFirst(count) }
    }

    /// Nobody will read any more.
    func close() {
        change { state in
            state.isGone = true
            state.queue = []
        }
    }

    /// An element after every change; the caller ends it with `forget`.
    func listen() -> (AsyncStream<Void>, UInt64) {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextID &+= 1
            state.listeners[state.nextID] = continuation
            return state.nextID
        }
        return (changes, id)
    }

    func forget(_ listener: UInt64) {
        state.withLock { $0.listeners.removeValue(forKey: listener) }?.finish()
    }

    private func change(_ body: (inout State) -> Void) {
        let listeners = state.withLock { state in
            body(&state)
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.yield() }
    }
}
