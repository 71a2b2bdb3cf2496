import SandboxCore

extension SessionStateMachine {
    /// The store has taken a change.
    mutating func committed(_ change: StoreChange, now: SessionMoment) {
        switch change {
        case .becomeReady(let record, let mark): confirmed(record, mark: mark, now: now)
        case .updateSandbox, .note: break
        case .update(let record): updated(record, now: now)
        case .beginDeletion(let pending): deletionBegun(pending, now: now)
        case .fail(let pending, _): failed(pending, now: now)
        case .finishDeletion(let key, _): deletionFinished(key)
        case .forgetFailed(let record): forgotten(record.key)
        }
        admitQueued(now)
    }

    /// The store did not take a change, which is tried again until it does. Those who wait for it are told why.
    mutating func commitFailed(_ change: StoreChange, _ error: SandboxError) {
        switch change {
        case .updateSandbox, .note: break
        case .update(let record):
            answerWaiters(of: record.sessionID) { kind in if case .update(true) = kind { .failed(error) } else { nil } }
        case .becomeReady(let record, _): answerWaiters(of: record.sessionID) { _ in .failed(error) }
        case .beginDeletion(let pending), .fail(let pending, _):
            answerWaiters(of: pending.record.sessionID) { _ in .failed(error) }
        case .finishDeletion(let key, _): answerWaiters(ofDeletion: key, .failed(error))
        case .forgetFailed(let record): answerWaiters(of: record.sessionID) { _ in .failed(error) }
        }
    }

    /// Ends everything, or only the pools that are to end with the daemon. The waiters are answered when a sandbox is
    /// gone or the first try to delete it has failed.
    mutating func releaseAll(detail: String, sessions includesSessions: Bool, now: SessionMoment) -> [WaiterID] {
        let given = pools.filter(\.policy.isReleasedOnShutdown).flatMap(\.slots)
        let all = sessions.keys.filter { if case .queued = sessions[$0]?.phase { false } else { true } }
        let ending = includesSessions ? all.sorted() : given.filter { sessions[$0] != nil }
        return ending.map { sessionID in
            stop(sessionID, Session.StopOrder(reason: .released, detail: detail), now: now)
            return park(.stop(untilGone: true), at: .session(sessionID))
        }
    }
}
