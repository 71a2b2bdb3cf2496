import Synchronization

/// Events between the watcher and whoever follows it: at most `limit` wait. When one more comes, all that wait give
/// way to a single `resync`, which says the same in less.
final class PodEventBuffer: Sendable {
    private struct State {
        var waiting: [PodEvent] = []
        var consumer: CheckedContinuation<PodEvent?, Never>?
        var isFinished = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int = 1024) {
        self.limit = limit
    }

    func append(_ events: [PodEvent]) {
        for event in events {
            let consumer = state.withLock { state -> CheckedContinuation<PodEvent?, Never>? in
                guard !state.isFinished else { return nil }
                if let consumer = state.consumer.take() { return consumer }
                if state.waiting.count >= limit {
                    state.waiting = [.resync]
                } else if event != .resync || state.waiting.last != .resync {
                    state.waiting.append(event)
                }
                return nil
            }
            consumer?.resume(returning: event)
        }
    }

    func finish() {
        state.withLock { state in
            state.isFinished = true
            return state.consumer.take()
        }?.resume(returning: nil)
    }

    /// The next event; nil when finished or cancelled. For one consumer: a second one at the same time gets nil.
    func next() async -> PodEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state -> PodEvent?? in
                    if !state.waiting.isEmpty { return .some(state.waiting.removeFirst()) }
                    if state.isFinished || state.consumer != nil || Task.isCancelled { return .some(nil) }
                    state.consumer = continuation
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            state.withLock { $0.consumer.take() }?.resume(returning: nil)
        }
    }
}
