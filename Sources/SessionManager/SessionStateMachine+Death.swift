import SandboxCore

extension SessionStateMachine {
    /// The backend says by itself that a sandbox is gone.
    mutating func sandboxGone(
        name: String, uid: String, _ reason: GoneReason, detail: EndDetail, now: SessionMoment
    ) {
        guard let sessionID = idsByName[name], let session = sessions[sessionID],
            session.record.sandbox?.uid == uid
        else { return }
        switch session.phase {
        case .ready, .adopting: fail(session.record.key, reason, detail, now: now)
        // Looked into as soon as it is ready.
        case .confirming, .claimed: update(sessionID) { $0.isSuspect = true }
        default: break
        }
    }

    /// The backend shows a sandbox of ours for the first time. One that nobody made known has both sides compared,
    /// which decides with everything at hand.
    mutating func sandboxAppeared(_ found: FoundSandbox) {
        guard idsByName[found.name] == nil,
            !deletions.values.contains(where: { $0.pending.record.sandboxName == found.name })
        else { return }
        requestInventory()
    }

    /// An operation met what may be its sandbox's death: the backend is asked, once at a time.
    mutating func suspect(_ key: SandboxKey) {
        guard let session = session(key), case .ready = session.phase, !session.isBeingChecked,
            let info = session.record.sandbox
        else { return }
        update(key.sessionID) { session in
            session.isBeingChecked = true
            session.isSuspect = false
        }
        emit(.checkLiveness(key, info))
    }

    /// Whom to ask about; nil when the answer is known without asking: not alive.
    func livenessTarget(_ sessionID: SessionID) throws(SandboxError) -> (SandboxKey, SandboxInfo)? {
        guard shownRecord(sessionID) != nil else {
            throw SandboxError(.sessionNotFound, "there is no session \(sessionID)")
        }
        guard let session = sessions[sessionID], let info = session.record.sandbox else { return nil }
        switch session.phase {
        case .ready, .adopting: return (session.record.key, info)
        default: return nil
        }
    }

    /// What an operation is told whose sandbox was taken from under it; nil while the session lives.
    func endOf(_ key: SandboxKey) -> SandboxError? {
        guard let session = session(key) else {
            return SandboxError(.sandboxGone(.released), "session \(key.sessionID) was ended meanwhile")
        }
        switch session.phase {
        case .failing, .failed, .forgetting: return gone(session.record)
        case .ending:
            return SandboxError(.sandboxGone(.released), "session \(key.sessionID) was ended meanwhile")
        case .queued(let reservation), .reserving(let reservation): return reservation.previous.map(gone)
        case .starting, .confirming, .ready, .adopting, .claimed: return nil
        }
    }

    /// Only `gone` means dead; everything else leaves the session as it is.
    mutating func livenessKnown(_ key: SandboxKey, _ liveness: Liveness, now: SessionMoment) {
        guard let session = session(key) else { return }
        update(key.sessionID) { $0.isBeingChecked = false }
        guard case .gone(let reason, let detail) = liveness else { return }
        switch session.phase {
        case .ready, .adopting: fail(key, reason, detail, now: now)
        default: break
        }
    }

    /// The session's end enters the history at once; what the backend still shows of the sandbox is then deleted.
    mutating func fail(_ key: SandboxKey, _ reason: GoneReason, _ detail: EndDetail, now: SessionMoment) {
        guard let session = session(key) else { return }
        guard !session.record.isPooled else {
            pausePool(session.record.profile, now: now)
            let order = Session.StopOrder(reason: EndReason(reason), detail: detail.text)
            return beginEnding(key.sessionID, order, startRuns: false, now: now)
        }
        let name = session.record.sandboxName
        let message = "the sandbox \(name) of session \(key.sessionID) is gone (\(reason.rawValue)): \(detail.text)"
        transition(key.sessionID) { session in
            session.phase = .failing
            session.record.goneReason = reason
            session.record.message = message
        }
        guard let record = sessions[key.sessionID]?.record else { return }
        let pending = PendingDeletion(
            record: record, reason: EndReason(reason), detail: detail.text, entersHistory: false)
        let history = HistoryRecord(
            record, reason: EndReason(reason), detail: detail.text, exitCode: detail.exitCode, endedAt: now.wall)
        emit(.commit(.fail(pending, history)))
    }

    /// `fail` is committed.
    mutating func failed(_ pending: PendingDeletion, now: SessionMoment) {
        let key = pending.record.key
        guard let session = session(key), case .failing = session.phase else { return }
        transition(key.sessionID) { session in
            session.phase = .failed
            session.record.state = .failed
        }
        unsettled.remove(key.sessionID)
        endedCount[pending.reason, default: 0] += 1
        emit(.dropSandbox(key))
        answerWaiters(of: key.sessionID) { _ in .again }
        update(key.sessionID) { $0.isUpdating = false }
        dues.add(.forget(key), at: now.instant.advanced(by: SessionTiming.failedRetention))
        deletions[key] = Deletion(pending: pending, phase: .queued)
        queueDiscard(key)
    }
}
