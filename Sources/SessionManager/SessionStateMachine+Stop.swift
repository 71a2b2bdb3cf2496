import SandboxCore

extension SessionStateMachine {
    enum ReleaseDecision: Equatable {
        case nothing
        case stopped
        case wait(WaiterID)
    }

    /// `session.release`. Throws when the session has ended already and its deletion has failed so far.
    mutating func release(
        _ sessionID: SessionID, detail: String, waits: Bool, now: SessionMoment
    ) throws(SandboxError) -> ReleaseDecision {
        if case .queued = sessions[sessionID]?.phase {
            answerReleased(sessionID)
            guard leaveQueue(sessionID, .released, detail: detail, at: now.wall) != nil else { return .stopped }
        }
        if sessions[sessionID] != nil {
            stop(sessionID, Session.StopOrder(reason: .released, detail: detail), now: now)
            return .wait(park(.stop(untilGone: waits), at: .session(sessionID)))
        }
        guard let generation = newestDeletion[sessionID] else { return .nothing }
        let key = SandboxKey(sessionID, generation)
        guard waits, let deletion = deletions[key] else { return .stopped }
        if deletion.failures > 0 { throw notGoneYet(key, nil) }
        return .wait(park(.stop(untilGone: true), at: .deletion(key)))
    }

    /// Ends a session from whatever it is doing; those who stop it wait at it afterwards.
    mutating func stop(_ sessionID: SessionID, _ order: Session.StopOrder, now: SessionMoment) {
        guard let session = sessions[sessionID] else { return }
        switch session.phase {
        // Nothing to end, and whoever waits is answered with the daemon's end.
        case .queued: break
        case .reserving(var reservation):
            answerReleased(sessionID)
            reservation.stop = reservation.stop ?? order
            transition(sessionID) { $0.phase = .reserving(reservation) }
        case .starting:
            answerReleased(sessionID)
            emit(.cancelStart(session.record.key))
            beginEnding(sessionID, order, startRuns: true, now: now)
        case .confirming(let earlier):
            answerReleased(sessionID)
            transition(sessionID) { $0.phase = .confirming(earlier ?? order) }
        case .ready, .adopting:
            answerReleased(sessionID)
            beginEnding(sessionID, order, startRuns: false, now: now)
        case .failed:
            transition(sessionID) { $0.phase = .forgetting }
            emit(.commit(.forgetFailed(session.record)))
        // Ends already; what failed meanwhile is looked at again when its commit is through.
        // What is claimed goes with its session.
        case .claimed, .ending, .failing, .forgetting: break
        }
    }

    private mutating func answerReleased(_ sessionID: SessionID) {
        let error = SandboxError(.sandboxGone(.released), "session \(sessionID) was released meanwhile")
        answerWaiters(of: sessionID) { kind in
            switch kind {
            case .open, .lease: .failed(error)
            case .stop, .recheck: nil
            case .update: .again
            }
        }
    }

    /// The deletion is committed before anything is deleted.
    mutating func beginEnding(
        _ sessionID: SessionID, _ order: Session.StopOrder, startRuns: Bool, now: SessionMoment
    ) {
        guard let record = sessions[sessionID]?.record else { return }
        transition(sessionID) { $0.phase = .ending(startRuns: startRuns) }
        let pending = PendingDeletion(
            record: record, reason: order.reason, detail: order.detail, entersHistory: !record.isPooled)
        emit(.commit(.beginDeletion(pending)))
    }

    /// `beginDeletion` is committed: the id is free.
    mutating func deletionBegun(_ committed: PendingDeletion, now: SessionMoment) {
        let key = committed.record.key
        guard let session = session(key), case .ending(let startRuns) = session.phase else { return }
        var pending = committed
        // A start that ended after the commit was asked for has told the uid since.
        pending.record.sandbox = session.record.sandbox
        answerWaiters(of: key.sessionID) { kind in
            switch kind {
            case .stop(untilGone: true): nil
            case .stop(untilGone: false): .stopped
            case .open, .lease, .recheck, .update: .again
            }
        }
        let staying = sessions[key.sessionID]?.waiters ?? []
        for id in staying { waiters[id]?.place = .deletion(key) }
        leaseCount -= session.leases.count
        deletions[key] = Deletion(pending: pending, phase: .awaitingStart, waiters: staying)
        if pending.entersHistory {
            newestDeletion[key.sessionID] = key.generation
            endedCount[pending.reason, default: 0] += 1
        }
        remove(key.sessionID)
        emit(.dropSandbox(key))
        if !startRuns { queueDiscard(key) }
        fillPools(now)
    }

    // MARK: Deleting sandboxes

    mutating func queueDiscard(_ key: SandboxKey) {
        deletions[key]?.phase = .queued
        discards.enqueue(.session(key))
        runDiscards()
    }

    mutating func runDiscards() {
        while let id = discards.next() {
            switch id {
            case .session(let key):
                guard let target = deletions[key]?.pending.record.discardTarget else {
                    discards.finish()
                    continue
                }
                deletions[key]?.phase = .running
                emit(.discard(id, target))
            case .orphan(let uid):
                guard let found = orphans[uid]?.found, let nonce = found.nonce else {
                    discards.finish()
                    continue
                }
                emit(.discard(id, DiscardTarget(name: found.name, uid: uid, nonce: nonce)))
            }
        }
    }

    /// The backend has confirmed that the sandbox is gone, or has not.
    mutating func discarded(_ id: DiscardID, _ result: Result<Void, SandboxError>, now: SessionMoment) {
        discards.finish()
        defer { runDiscards() }
        switch (id, result) {
        case (.session(let key), .success):
            guard let pending = deletions[key]?.pending else { return }
            deletions[key]?.phase = .finishing
            let history = HistoryRecord(
                pending.record, reason: pending.reason, detail: pending.detail, endedAt: now.wall)
            emit(.commit(.finishDeletion(key, pending.entersHistory ? history : nil)))
        case (.session(let key), .failure(let error)):
            deletions[key]?.failures += 1
            deletions[key]?.phase = .waiting
            deletions[key]?.pending.record.message = "not deleted yet: \(error.message)"
            retryDiscard(id, failures: deletions[key]?.failures ?? 1, now)
            answerWaiters(ofDeletion: key, .failed(notGoneYet(key, error)))
        case (.orphan(let uid), .success): orphans[uid] = nil
        case (.orphan(let uid), .failure):
            guard let failures = orphans[uid]?.failures else { return }
            orphans[uid]?.failures = failures + 1
            retryDiscard(id, failures: failures + 1, now)
        }
    }

    private mutating func retryDiscard(_ id: DiscardID, failures: Int, _ now: SessionMoment) {
        let delay = SessionTiming.discardRetry.delay(afterFailures: failures)
        dues.add(.discard(id), at: now.instant.advanced(by: delay))
    }

    /// `finishDeletion` is committed.
    mutating func deletionFinished(_ key: SandboxKey) {
        answerWaiters(ofDeletion: key, .stopped)
        deletions[key] = nil
        if newestDeletion[key.sessionID] == key.generation { newestDeletion[key.sessionID] = nil }
        reindex(key.sessionID)
    }

    /// `forgetFailed` is committed.
    mutating func forgotten(_ key: SandboxKey) {
        guard let session = session(key), case .forgetting = session.phase else { return }
        answerWaiters(of: key.sessionID) { kind in
            if case .stop = kind { .stopped } else { .again }
        }
        leaseCount -= session.leases.count
        remove(key.sessionID)
    }

    private func notGoneYet(_ key: SandboxKey, _ error: SandboxError?) -> SandboxError {
        let name = deletions[key]?.pending.record.sandboxName ?? ""
        let cause = error?.message ?? deletions[key]?.pending.record.message ?? "no answer"
        return .backendUnavailable(
            "session \(key.sessionID) has ended, but its sandbox \(name) is not deleted yet (\(cause)). "
                + "The deletion is tried again until it succeeds.")
    }
}
