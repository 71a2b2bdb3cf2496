import SandboxCore

extension SessionStateMachine {
    /// Takes over what the daemon before this one left: live sandboxes are adopted, starts and deletions go on.
    mutating func restore(_ stored: StoredSessions, now: SessionMoment) {
        for row in stored.quarantined { quarantine.add(row) }
        for pending in stored.deletions {
            let key = pending.record.key
            deletions[key] = Deletion(pending: pending, phase: .queued)
            if pending.entersHistory {
                newestDeletion[key.sessionID] = max(key.generation, newestDeletion[key.sessionID] ?? 0)
            }
            discards.enqueue(.session(key))
        }
        reserveCapacity(stored.sessions.count)
        for row in stored.sessions { restore(row, now: now) }
        for key in deletions.keys { reindex(key.sessionID) }
        runDiscards()
        runAdoptions()
        requestInventory()
        fillPools(now)
    }

    private mutating func restore(_ row: StoredSessions.Row, now: SessionMoment) {
        var record = row.record
        guard !record.isPooled || isWanted(record.sessionID) else {
            insert(Session(record: record, phase: .starting, mark: .settled(0)))
            let order = Session.StopOrder(reason: .released, detail: "its pool has another shape or size now")
            return beginEnding(record.sessionID, order, startRuns: false, now: now)
        }
        switch record.state {
        case .starting:
            insert(Session(record: record, phase: .starting, mark: .settled(0)))
            let left = now.instant.duration(to: record.startDeadline)
            start(record, timeout: max(left, SessionTiming.resumedStart))
        case .ready:
            var mark = ActivityMark.settled(0)
            if row.mark != 0 {
                // The last activity is not on record; the earliest time that is surely not too early is now.
                mark = .committed(row.mark)
                record.lastActivity = now
                record.lastOperation = SessionOperation.restart
            }
            insert(Session(record: record, phase: .adopting(.queued), mark: mark))
            adoptions.enqueue(record.key)
        case .failed:
            insert(Session(record: record, phase: .failed, mark: .settled(0)))
            dues.add(.forget(record.key), at: now.instant.advanced(by: SessionTiming.failedRetention))
        // The store keeps these apart, as deletions.
        case .stopping: break
        // Never in a store: nobody waits for it any more.
        case .queued: break
        }
    }

    // MARK: Adoption

    private mutating func runAdoptions() {
        while let key = adoptions.next() {
            guard case .adopting(.queued) = session(key)?.phase else {
                adoptions.finish()
                continue
            }
            beginAdoption(key)
        }
    }

    private mutating func beginAdoption(_ key: SandboxKey) {
        guard let record = session(key)?.record, let info = record.sandbox else {
            adoptions.finish()
            return
        }
        transition(key.sessionID) { $0.phase = .adopting(.running) }
        emit(.adopt(record.claim(startupTimeout: SessionTiming.adoptionLimit), info))
    }

    /// Somebody wants this one now: it does not wait for its turn.
    mutating func adoptAhead(_ sessionID: SessionID, _ now: SessionMoment) {
        guard let session = sessions[sessionID], case .adopting(.queued) = session.phase else { return }
        adoptions.startAhead()
        beginAdoption(session.record.key)
    }

    mutating func retryAdoption(_ key: SandboxKey) {
        guard case .adopting(.waiting) = session(key)?.phase else { return }
        transition(key.sessionID) { $0.phase = .adopting(.queued) }
        adoptions.enqueue(key)
        runAdoptions()
    }

    enum AdoptionResult: Equatable {
        case adopted(SandboxInfo)
        case gone(GoneReason, detail: EndDetail)
        case unknown(SandboxError)
    }

    /// True when the sandbox's handle is to be kept.
    mutating func adoptionEnded(_ key: SandboxKey, _ result: AdoptionResult, now: SessionMoment) -> Bool {
        adoptions.finish()
        defer { runAdoptions() }
        guard let session = session(key), case .adopting = session.phase else { return false }
        switch result {
        case .adopted(let info):
            let isNews = info != session.record.sandbox
            transition(key.sessionID) { session in
                if isNews { session.record.sandbox = info }
                session.phase = .ready
                session.adoptionFailures = 0
            }
            if isNews { emit(.commit(.updateSandbox(key, info))) }
            becameUsable(key.sessionID, now: now)
            return true
        case .gone(let reason, let detail):
            fail(key, reason, detail, now: now)
        case .unknown(let cause):
            let error = SandboxError.backendUnavailable(
                "the sandbox of session \(key.sessionID) cannot be reached yet (\(cause.message)); try again")
            transition(key.sessionID) { session in
                session.phase = .adopting(.waiting(error))
                session.adoptionFailures += 1
            }
            answerWaiters(of: key.sessionID) { kind in
                switch kind {
                case .open, .lease: .failed(error)
                case .stop, .recheck: .again
                case .update: nil
                }
            }
            let failures = sessions[key.sessionID]?.adoptionFailures ?? 1
            let delay = SessionTiming.adoptionRetry.delay(afterFailures: failures)
            dues.add(.adopt(key), at: now.instant.advanced(by: delay))
        }
        return false
    }
}
