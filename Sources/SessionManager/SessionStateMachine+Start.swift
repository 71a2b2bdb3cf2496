import SandboxCore

extension SessionStateMachine {
    mutating func start(_ record: SessionRecord, timeout: Duration) {
        let limit = timeout + SessionTiming.startGrace
        emit(.start(record.claim(startupTimeout: timeout), limit: limit))
    }

    /// The backend has made the sandbox, or has not. True when its handle is to be kept.
    mutating func startEnded(
        _ key: SandboxKey, _ result: Result<SandboxInfo, SandboxError>, now: SessionMoment
    ) -> Bool {
        guard let session = session(key) else {
            startOfDeletionEnded(key, result)
            return false
        }
        switch (session.phase, result) {
        case (.starting, .success(let info)):
            transition(key.sessionID) { session in
                session.record.sandbox = info
                session.phase = .confirming(nil)
            }
            var record = session.record
            record.sandbox = info
            record.state = .ready
            record.ready = now
            record.lastActivity = now
            emit(.commit(.becomeReady(record, mark: session.mark.number + 1)))
            return true
        case (.starting, .failure(let error)):
            let failure = startFailure(error, session.record, now)
            answerWaiters(of: key.sessionID) { kind in
                switch kind {
                case .open, .lease: .failed(failure)
                case .stop, .recheck, .update: nil
                }
            }
            if key.sessionID.isReserved { pausePool(session.record.profile, now: now) }
            let order = Session.StopOrder(reason: .startFailed, detail: failure.message)
            beginEnding(key.sessionID, order, startRuns: false, now: now)
        case (.ending, let result):
            update(key.sessionID) { session in
                if case .success(let info) = result { session.record.sandbox = info }
                session.phase = .ending(startRuns: false)
            }
        default: break
        }
        return false
    }

    /// A start that was called off has returned: now its sandbox, if there is one, can be deleted for good.
    private mutating func startOfDeletionEnded(_ key: SandboxKey, _ result: Result<SandboxInfo, SandboxError>) {
        guard deletions[key]?.phase == .awaitingStart else { return }
        if case .success(let info) = result { deletions[key]?.pending.record.sandbox = info }
        queueDiscard(key)
    }

    /// `becomeReady` is committed.
    mutating func confirmed(_ record: SessionRecord, mark: Int64, now: SessionMoment) {
        guard let session = session(record.key), case .confirming(let order) = session.phase else { return }
        transition(record.sessionID) { session in
            // What was updated while this was being committed stays.
            let updated = session.record
            session.record = record
            session.record.takeSettings(of: updated)
            session.mark = .committed(mark)
            session.phase = .ready
        }
        if let order {
            beginEnding(record.sessionID, order, startRuns: false, now: now)
            return
        }
        becameUsable(record.sessionID, now: now)
    }

    /// From here on the session serves: those who waited get what they waited for.
    mutating func becameUsable(_ sessionID: SessionID, now: SessionMoment) {
        guard let record = sessions[sessionID]?.record else { return }
        if sessions[sessionID]?.mark.isSettled == false { unsettled.insert(sessionID) }
        answerOpen(sessionID, now: now) { _ in true }
        for id in sessions[sessionID]?.waiters ?? [] {
            guard case .lease(let purpose) = waiters[id]?.kind else { continue }
            let lease = grantLease(record.key, purpose, now: now)
            answer(id, .leased(lease))
        }
        answerWaiters(of: sessionID) { kind in if case .update = kind { nil } else { .again } }
        queueReap(sessionID)
        queueSettle(now)
        if sessions[sessionID]?.isSuspect == true { suspect(record.key) }
        if record.isPooled { poolStarted(record.profile) }
        fillPools(now)
    }

    /// What those who wait for a start are told when it failed.
    private func startFailure(_ error: SandboxError, _ record: SessionRecord, _ now: SessionMoment) -> SandboxError {
        switch error.kind {
        case .startFailed, .backendUnavailable, .invalid, .permissionDenied, .overloaded: return error
        default:
            let elapsed = record.created.instant.duration(to: now.instant).inSeconds
            return SandboxError(
                .startFailed(phase: .ready, reason: "failed", detail: error.message, elapsed: elapsed),
                "the sandbox of session \(record.sessionID) did not start: \(error.message)")
        }
    }
}
