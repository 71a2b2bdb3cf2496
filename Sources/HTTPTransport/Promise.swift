import Synchronization

/// A result that the loop's thread delivers once to the one task that waits for it.
final class Promise<Value: Sendable>: Sendable {
    typealias Outcome = Result<Value, HTTPError>

    /// empty → waiting → done, or empty → done; done is final.
    private enum State {
        case empty
        case waiting(CheckedContinuation<Outcome, Never>)
        case done(Outcome)
    }

    private let state = Mutex(State.empty)

    /// The first call counts.
    func fulfil(_ outcome: Outcome) {
        let waiter: CheckedContinuation<Outcome, Never>? = state.withLock { state in
            switch state {
            case .empty:
                state = .done(outcome)
                return nil
            case .waiting(let continuation):
                state = .done(outcome)
                return continuation
            case .done:
                return nil
            }
        }
        waiter?.resume(returning: outcome)
    }

    /// Called once. Does not look at cancellation: whoever cancels makes the loop fulfil the promise.
    func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            let ready: Outcome? = state.withLock { state in
                if case .done(let outcome) = state { return outcome }
                state = .waiting(continuation)
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}
