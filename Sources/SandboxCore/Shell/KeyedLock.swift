import Synchronization

/// One holder at a time for each key, others wait in order. Waiting ends with the waiter's cancellation; more than
/// `maximumWaiters` for one key are refused as `overloaded`.
final class KeyedLock: Sendable {
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        /// Who waits for each key that is held.
        var waiters: [[UInt8]: [Waiter]] = [:]
        var lastID = 0
    }

    private enum Decision { case acquired, waiting, cancelled, overloaded }

    private static let maximumWaiters = 256
    private let state = Mutex(State())

    func withLock<Result: Sendable>(
        _ key: [UInt8], _ body: () async throws(SandboxError) -> Result
    ) async throws(SandboxError) -> Result {
        try await acquire(key)
        do {
            let result = try await body()
            release(key)
            return result
        } catch {
            release(key)
            throw error
        }
    }

    private func acquire(_ key: [UInt8]) async throws(SandboxError) {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        do {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    switch decide(key, Waiter(id: id, continuation: continuation)) {
                    case .acquired: continuation.resume()
                    case .waiting: break
                    case .cancelled: continuation.resume(throwing: SandboxError.cancelled)
                    case .overloaded:
                        continuation.resume(
                            throwing: SandboxError(
                                .overloaded(retryAfter: 1), "too many changes of one file are waiting: try again"))
                    }
                }
            } onCancel: {
                cancel(key, id)
            }
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    private func decide(_ key: [UInt8], _ waiter: Waiter) -> Decision {
        state.withLock { state in
            // Under the lock: a cancellation from now on finds the waiter in its place.
            if Task.isCancelled { return .cancelled }
            guard let waiting = state.waiters[key]?.count else {
                state.waiters[key] = []
                return .acquired
            }
            guard waiting < Self.maximumWaiters else { return .overloaded }
            state.waiters[key]?.append(waiter)
            return .waiting
        }
    }

    private func cancel(_ key: [UInt8], _ id: Int) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters[key]?.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters[key]?.remove(at: index)
        }
        waiter?.continuation.resume(throwing: SandboxError.cancelled)
    }

    private func release(_ key: [UInt8]) {
        let next = state.withLock { state -> Waiter? in
            guard state.waiters[key]?.isEmpty == false else {
                state.waiters[key] = nil
                return nil
            }
            return state.waiters[key]?.removeFirst()
        }
        next?.continuation.resume()
    }
}
