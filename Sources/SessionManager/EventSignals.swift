import Synchronization

/// Tells those who follow events that there may be new ones. Says nothing about them, so that nothing is queued for
/// anybody: each reads from the store what it has not seen, at its own pace.
final class EventSignals: Sendable {
    private struct State {
        var followers: [UInt64: AsyncStream<Void>.Continuation] = [:]
        var nextID: UInt64 = 0
        var hasEnded = false
    }

    private let state = Mutex(State())

    /// Has one signal in it from the start. Ends when the daemon's work does.
    func subscribe() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state -> UInt64? in
            guard !state.hasEnded else { return nil }
            state.nextID += 1
            state.followers[state.nextID] = continuation
            return state.nextID
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.followers.removeValue(forKey: id) }
        }
        continuation.yield()
        return stream
    }

    func notify() {
        // Outside of the lock: a yield may end in a follower's own code.
        for follower in state.withLock({ Array($0.followers.values) }) { follower.yield() }
    }

    func finish() {
        let followers = state.withLock { state in
            defer { state.followers = [:] }
            state.hasEnded = true
            return Array(state.followers.values)
        }
        for follower in followers { follower.finish() }
    }
}
