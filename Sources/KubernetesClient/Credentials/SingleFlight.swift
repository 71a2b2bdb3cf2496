import Synchronization

/// One run of an operation at a time: whoever comes while it is under way gets its result.
final class SingleFlight<Value: Sendable>: Sendable {
    private enum Turn {
        case lead
        case result(Result<Value, KubernetesError>)
        /// The one who ran it was cancelled, or the one who waited.
        case again
    }

    private struct State {
        var isUnderWay = false
        var waiters: [Int: CheckedContinuation<Turn, Never>] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())

    /// Runs `body`, or waits for the run that is under way. Where its runner is cancelled, one who waits takes over.
    func run(_ body: () async throws(KubernetesError) -> Value) async throws(KubernetesError) -> Value {
        while true {
            switch await turn() {
            case .result(let result): return try result.get()
            case .again:
                guard !Task.isCancelled else { throw .cancelled("getting credentials") }
            case .lead:
                do {
                    let value = try await body()
                    finish(.result(.success(value)))
                    return value
                } catch {
                    finish(error.kind == .cancelled ? .again : .result(.failure(error)))
                    throw error
                }
            }
        }
    }

    private func turn() async -> Turn {
        let id = state.withLock { state in
            state.nextID &+= 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let turn: Turn? = state.withLock { state in
                    // Under the lock: a cancellation from now on finds the waiter in its place.
                    if Task.isCancelled { return .again }
                    guard state.isUnderWay else {
                        state.isUnderWay = true
                        return .lead
                    }
                    state.waiters[id] = continuation
                    return nil
                }
                if let turn { continuation.resume(returning: turn) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: .again)
        }
    }

    private func finish(_ turn: Turn) {
        let waiters = state.withLock { state in
            state.isUnderWay = false
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume(returning: turn) }
    }
}
