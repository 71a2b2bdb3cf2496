import SandboxCore

extension SessionStateMachine {
    enum LeaseDecision: Equatable {
        case leased(Lease)
        case wait(WaiterID)
    }

    /// Before an operation in the sandbox.
    mutating func acquire(
        _ sessionID: SessionID, _ purpose: LeasePurpose, now: SessionMoment
    ) throws(SandboxError) -> LeaseDecision {
        guard let phase = sessions[sessionID]?.phase, let record = sessions[sessionID]?.record else {
            throw missing(sessionID)
        }
        let waiting = Waiter.Kind.lease(purpose)
        switch phase {
        case .ready: return .leased(grantLease(record.key, purpose, now: now))
        case .reserving(let reservation) where reservation.stop == nil && !isEnding:
            return .wait(park(waiting, at: .session(sessionID)))
        // It may stay in the queue for as long as others please.
        case .queued: throw queued(sessionID)
        case .starting, .confirming(nil):
            guard !isEnding else { throw Self.draining }
            return .wait(park(waiting, at: .session(sessionID)))
        case .adopting(let adoption):
            if case .waiting(let error) = adoption { throw error }
            guard !isEnding else { throw Self.draining }
            adoptAhead(sessionID, now)
            return .wait(park(waiting, at: .session(sessionID)))
        case .failed, .forgetting: throw gone(record)
        case .reserving, .confirming, .claimed, .ending, .failing:
            guard !isEnding else { throw Self.draining }
            return .wait(park(.recheck, at: .session(sessionID)))
        }
    }

    mutating func grantLease(_ key: SandboxKey, _ purpose: LeasePurpose, now: SessionMoment) -> Lease {
        let number = makeNumber()
        let mark = noteActivity(key.sessionID, purpose.operation, now)
        update(key.sessionID) { session in
            session.leases[number] = Session.Hold(purpose: purpose, since: now)
        }
        leaseCount += 1
        return Lease(number: number, key: key, mark: mark)
    }

    /// For a run that goes on without its caller; nil when its sandbox does not serve any more.
    mutating func leaseForRun(_ run: LeasePurpose, in key: SandboxKey, now: SessionMoment) -> Lease? {
        guard case .ready = session(key)?.phase else { return nil }
        return grantLease(key, run, now: now)
    }

    func holds(_ lease: Lease) -> Bool { session(lease.key)?.leases[lease.number] != nil }

    /// After the operation, whatever came of it.
    mutating func endLease(_ lease: Lease, now: SessionMoment) {
        guard let hold = session(lease.key)?.leases[lease.number] else { return }
        let sessionID = lease.key.sessionID
        update(sessionID) { $0.leases[lease.number] = nil }
        leaseCount -= 1
        _ = noteActivity(sessionID, hold.purpose.operation, now)
        queueReap(sessionID)
        queueSettle(now)
    }

    /// Activity that holds no lease. Returns the mark to commit, as `acquire` does.
    mutating func touch(
        _ sessionID: SessionID, now: SessionMoment
    ) throws(SandboxError) -> (activity: SessionActivity, key: SandboxKey, mark: Int64?) {
        guard let session = sessions[sessionID], session.isShown else { throw missing(sessionID) }
        switch session.phase {
        case .queued: throw queued(sessionID)
        case .failed, .failing, .forgetting, .reserving: throw gone(session.record)
        case .ending:
            throw SandboxError(.sandboxGone(.released), "session \(sessionID) is being stopped")
        case .starting, .confirming, .ready, .adopting, .claimed: break
        }
        let mark = noteActivity(sessionID, SessionOperation.touch, now)
        return ((sessions[sessionID] ?? session).activity(now), session.record.key, mark)
    }

    /// `touch` of such a session as `openNow` opens.
    mutating func touchNow(_ sessionID: SessionID, now: SessionMoment) -> SessionActivity? {
        try? inPlace(sessionID) { (session) throws(SandboxError) in
            guard session.needsNoMark else { return nil }
            session.noteActivity(SessionOperation.touch, now)
            return session.activity(now)
        }
    }

    /// Sets the idle clock back. Returns the mark to commit; nil when the store knows already, or need not know: a
    /// session that is not ready is not reaped.
    mutating func noteActivity(_ sessionID: SessionID, _ operation: String, _ now: SessionMoment) -> Int64? {
        var mark: Int64?
        update(sessionID) { session in
            session.noteActivity(operation, now)
            guard session.record.state == .ready else { return }
            mark = session.mark.use()
        }
        return mark
    }

    /// The store has the mark.
    mutating func marked(_ key: SandboxKey, mark: Int64, now: SessionMoment) {
        guard session(key)?.mark == .pending(mark) else { return }
        update(key.sessionID) { $0.mark = .committed(mark) }
        unsettled.insert(key.sessionID)
        queueSettle(now)
    }

    // MARK: Settling

    mutating func queueSettle(_ now: SessionMoment) {
        guard !isSettleQueued, !unsettled.isEmpty else { return }
        isSettleQueued = true
        dues.add(.settle, at: now.instant.advanced(by: SessionTiming.settleDelay))
    }

    /// Writes down the last activity of those that have been quiet; those in use stay marked, without a write.
    mutating func settleQuiet(_ now: SessionMoment) {
        isSettleQueued = false
        var stamps: [ActivityStamp] = []
        var isAnyActive = false
        for sessionID in Array(unsettled) {
            guard let session = sessions[sessionID], case .committed(let mark) = session.mark else {
                unsettled.remove(sessionID)
                continue
            }
            // The end of its last lease queues the next round.
            guard session.leases.isEmpty else { continue }
            guard session.record.lastActivity.instant.advanced(by: SessionTiming.settleDelay) <= now.instant else {
                isAnyActive = true
                continue
            }
            stamps.append(session.stamp(mark))
            update(sessionID) { $0.mark = .settling(mark) }
            unsettled.remove(sessionID)
        }
        if !stamps.isEmpty { emit(.settle(stamps)) }
        if isAnyActive { queueSettle(now) }
    }

    mutating func settled(_ stamps: [ActivityStamp], succeeded: Bool, now: SessionMoment) {
        for stamp in stamps where session(stamp.key)?.mark == .settling(stamp.mark) {
            update(stamp.key.sessionID) { $0.mark = succeeded ? .settled(stamp.mark) : .committed(stamp.mark) }
            if !succeeded { unsettled.insert(stamp.key.sessionID) }
        }
        queueSettle(now)
    }

    /// All that is not written down yet, for an orderly stop.
    func finalStamps() -> [ActivityStamp] {
        sessions.values.compactMap { session in
            switch session.mark {
            case .settled: nil
            case .pending(let mark), .committed(let mark), .settling(let mark): session.stamp(mark)
            }
        }
    }
}

extension ActivityMark {
    var isSettled: Bool {
        if case .settled = self { true } else { false }
    }
}

extension Session {
    /// It is ready, and the store knows that it is in use: noting more activity writes nothing.
    var needsNoMark: Bool {
        guard case .ready = phase, case .committed = mark else { return false }
        return true
    }

    fileprivate func stamp(_ mark: Int64) -> ActivityStamp {
        ActivityStamp(
            key: record.key, mark: mark, lastActivity: record.lastActivity, lastOperation: record.lastOperation)
    }
}
