import SandboxCore

extension SessionStateMachine {
    /// What a new session without room gets: a refusal that says who has it, or a place in the queue, whose record
    /// is returned.
    ///
    /// With `evictIdle` the session that has been idle longest is ended, and the new one waits for its place. Looks at
    /// every session, and only at a limit.
    mutating func atLimit(
        _ refusal: SandboxError, _ draft: ReservationDraft, replacing previous: SessionRecord?, now: SessionMoment
    ) throws(SandboxError) -> SessionRecord {
        guard case .sessionLimitExceeded(_, let scope, _) = refusal.kind else { throw refusal }
        let explained = explained(refusal, scope)
        guard policy.atLimit != .refuse else { throw explained }
        guard queue.count < policy.maxQueued else { throw queueIsFull(explained) }
        if policy.atLimit == .evictIdle {
            guard let victim = longestIdle(scope, owner: draft.owner.uid) else { throw explained }
            let detail = "idle longest when session \(draft.sessionID) needed room"
            stop(victim, Session.StopOrder(reason: .evictedForRoom, detail: detail), now: now)
        }
        var record = draft.record(
            generation: previous?.generation ?? 0, sandboxName: "", nonce: "", token: "")
        record.state = .queued
        let reservation = Session.Reservation(draft: draft, previous: previous, wasQueued: true)
        insertReplacement(Session(record: record, phase: .queued(reservation), mark: .settled(0)))
        queue.enqueue(draft.sessionID, owner: draft.owner.uid)
        let event = EventRecord(.queued, of: record, at: now.wall, detail: explained.message)
        emit(.commit(.note(event)))
        return record
    }

    private func longestIdle(_ scope: SandboxError.LimitScope, owner: UInt32) -> SessionID? {
        let candidates = sessions.values.lazy.filter { session in
            guard case .ready = session.phase, session.leases.isEmpty else { return false }
            // Those who start now are not helped by the end of one that is ready.
            return scope == .daemon || scope == .owner && session.record.owner.uid == owner
        }
        return candidates.min { left, right in
            let (one, other) = (left.record.lastActivity.instant, right.record.lastActivity.instant)
            return one == other ? left.record.sessionID < right.record.sessionID : one < other
        }?.record.sessionID
    }

    /// `refusal`: why there is a queue at all.
    private func queueIsFull(_ refusal: SandboxError) -> SandboxError {
        SandboxError(
            .sessionLimitExceeded(limit: policy.maxQueued, scope: .queue, held: queue.count),
            "The queue is full: \(queue.count) sessions wait for room, and \(policy.maxQueued) may. Try again later. "
                + "What they wait for: \(refusal.message)")
    }

    /// Names the owners who hold the most.
    private func explained(_ refusal: SandboxError, _ scope: SandboxError.LimitScope) -> SandboxError {
        guard scope == .daemon, !tally.byOwner.isEmpty else { return refusal }
        let owners = tally.byOwner.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
        let shown = owners.prefix(3).map { "uid \($0.key) holds \($0.value)" }.joined(separator: ", ")
        let more = owners.count > 3 ? ", \(owners.count - 3) more owners the rest" : ""
        return SandboxError(refusal.kind, "\(refusal.message) (\(shown)\(more))")
    }

    /// Gives the room that there is to those who wait for it.
    mutating func admitQueued(_ now: SessionMoment) {
        guard queue.count > 0, !isEnding, !isDraining else { return }
        while let sessionID = nextAdmissible() {
            guard case .queued(var reservation) = sessions[sessionID]?.phase else { continue }
            // Its start begins now, and so does its time to start.
            let wait = reservation.draft.created.instant.duration(to: now.instant)
            reservation.draft.created = now
            reservation.draft.startDeadline = reservation.draft.startDeadline.advanced(by: wait)
            reservation.claiming = takeFromPool(reservation.draft.profile)
            transition(sessionID) { session in
                session.record.created = now
                session.phase = .reserving(reservation)
            }
            emit(.reserve(reservation.draft, claiming: reservation.claiming))
        }
    }

    private mutating func nextAdmissible() -> SessionID? {
        let (limits, tally) = (policy.limits, tally)
        return queue.next { uid in
            let owner = SessionOwner(uid: uid, gid: 0, user: nil)
            let check: ()? = try? limits.check(
                held: tally.held, heldByOwner: tally.byOwner[uid, default: 0], startingNow: tally.starting,
                owner: owner)
            return check != nil
        }
    }

    /// Nobody waits for it any more.
    mutating func leaveQueueIfAbandoned(_ sessionID: SessionID, now: SessionMoment) {
        guard let session = sessions[sessionID], case .queued = session.phase, session.waiters.isEmpty,
            !session.isDetached
        else { return }
        _ = leaveQueue(sessionID, .startFailed, detail: "no room while somebody waited for it", at: now.wall)
    }

    /// Returns the dead generation that is shown again, if it was to be replaced.
    mutating func leaveQueue(
        _ sessionID: SessionID, _ reason: EndReason, detail: String, at now: Timestamp
    ) -> SessionRecord? {
        guard let record = sessions[sessionID]?.record, case .queued(let reservation) = sessions[sessionID]?.phase
        else { return nil }
        queue.remove(sessionID, owner: reservation.draft.owner.uid)
        let kind = reservation.previous == nil ? EventRecord.Kind.ended : .failed
        emit(.commit(.note(EventRecord(kind, of: record, at: now, reason: reason, detail: detail))))
        guard let previous = reservation.previous else {
            remove(sessionID)
            return nil
        }
        transition(sessionID) { session in
            session.record = previous
            session.phase = .failed
        }
        let shownUntil = reservation.draft.created.instant.advanced(by: SessionTiming.failedRetention)
        dues.add(.forget(previous.key), at: shownUntil)
        return previous
    }

    func queueMessage(_ reservation: Session.Reservation) -> String {
        let draft = reservation.draft
        guard let position = queue.position(of: draft.sessionID, owner: draft.owner.uid) else {
            return "about to start"
        }
        return "queued for room, at position \(position) of \(queue.count)"
    }

    func queued(_ sessionID: SessionID) -> SandboxError {
        SandboxError(
            .overloaded(retryAfter: 1), "session \(sessionID) waits for room under a limit and has no sandbox yet")
    }
}
