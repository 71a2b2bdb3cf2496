import SandboxCore

extension SessionStateMachine {
    enum OpenDecision: Equatable {
        /// `mark`: to be committed before this is answered.
        case opened(OpenedSession, SandboxKey, mark: Int64?)
        case wait(WaiterID)
    }

    /// `session.get_or_create`.
    mutating func open(
        _ request: OpenRequest, deadline: SessionInstant?, now: SessionMoment
    ) throws(SandboxError) -> OpenDecision {
        guard !isEnding else { throw Self.draining }
        let sessionID = request.sessionID
        guard let phase = sessions[sessionID]?.phase, let record = sessions[sessionID]?.record else {
            if request.attaches { throw missing(sessionID) }
            return try reserve(request, replacing: nil, deadline: deadline, now: now)
        }
        try checkCaller(request, record: record, phase: phase)

        let joining = Waiter.Kind.open(created: false, replaced: nil, untilReserved: !request.waits)
        switch phase {
        case .ready:
            let mark = noteActivity(sessionID, SessionOperation.getOrCreate, now)
            let current = sessions[sessionID]?.record ?? record
            return .opened(opened(current, now), record.key, mark: mark)
        case .reserving(let reservation) where reservation.stop == nil:
            return .wait(park(joining, at: .session(sessionID), deadline: deadline))
        case .queued:
            guard request.waits else {
                update(sessionID) { $0.isDetached = true }
                return .opened(opened(record, now), record.key, mark: nil)
            }
            return .wait(park(joining, at: .session(sessionID), deadline: deadline))
        case .starting, .confirming(nil):
            guard request.waits else { return .opened(opened(record, now), record.key, mark: nil) }
            return .wait(park(joining, at: .session(sessionID), deadline: deadline))
        case .adopting(let adoption):
            if case .waiting(let error) = adoption { throw error }
            guard request.waits else { return .opened(opened(record, now), record.key, mark: nil) }
            adoptAhead(sessionID, now)
            return .wait(park(joining, at: .session(sessionID), deadline: deadline))
        case .failed:
            if request.attaches { throw gone(record) }
            return try reserve(request, replacing: record, deadline: deadline, now: now)
        case .reserving, .confirming, .claimed, .ending, .failing, .forgetting:
            return .wait(park(.recheck, at: .session(sessionID), deadline: deadline))
        }
    }

    /// `open` of a session that is ready and that the store knows to be in use: nothing is written for it. Nil for every
    /// other, and nothing has changed then.
    mutating func openNow(_ request: OpenRequest, now: SessionMoment) throws(SandboxError) -> OpenedNow? {
        guard !isEnding else { throw Self.draining }
        return try inPlace(request.sessionID) { (session) throws(SandboxError) in
            guard session.needsNoMark else { return nil }
            try Self.checkCaller(request, owner: session.record.owner, profile: session.record.profile)
            session.noteActivity(SessionOperation.getOrCreate, now)
            return OpenedNow(revision: session.currentRevision(), activity: session.activity(now))
        }
    }

    private func checkCaller(
        _ request: OpenRequest, record: SessionRecord, phase: Session.Phase
    ) throws(SandboxError) {
        var owner = record.owner
        var profile = record.profile
        switch phase {
        case .queued(let reservation), .reserving(let reservation):
            owner = reservation.draft.owner
            profile = reservation.draft.profile
        default: break
        }
        // Somebody else's is refused; a dead one is replaced by one of any profile.
        if case .failed = phase, !request.attaches { profile = request.profile ?? profile }
        try Self.checkCaller(request, owner: owner, profile: profile)
    }

    private static func checkCaller(
        _ request: OpenRequest, owner: SessionOwner, profile: String
    ) throws(SandboxError) {
        guard request.ignoresOwner || owner.uid == request.owner.uid else {
            throw SandboxError(
                .permissionDenied, "session \(request.sessionID) belongs to uid \(owner.uid), not to you")
        }
        guard let wanted = request.profile, wanted != profile else { return }
        throw SandboxError(
            .conflict,
            "session \(request.sessionID) exists with profile '\(profile)', not '\(wanted)'. "
                + "Release it first, or open it without naming a profile.")
    }

    /// The row first; the backend hears of it when the row is committed. Without room, what the policy says.
    private mutating func reserve(
        _ request: OpenRequest, replacing previous: SessionRecord?, deadline: SessionInstant?, now: SessionMoment
    ) throws(SandboxError) -> OpenDecision {
        guard !isDraining else { throw Self.drained }
        let profile = try profile(request.profile ?? SessionProfile.defaultName)
        let draft = draft(request, profile, now)
        let replaced = previous.map {
            OpenedSession.Replacement(generation: $0.generation, reason: $0.goneReason ?? .failed)
        }
        let member = takeFromPool(profile.name)
        do throws(SandboxError) {
            try policy.limits.check(
                held: tally.held, heldByOwner: tally.byOwner[request.owner.uid, default: 0],
                startingNow: member == nil ? tally.starting : 0, owner: request.owner)
            let session = Session(
                record: previous ?? draft.record(generation: 0, sandboxName: "", nonce: "", token: ""),
                phase: .reserving(Session.Reservation(draft: draft, claiming: member, previous: previous)),
                mark: .settled(0))
            insertReplacement(session)
            emit(.reserve(draft, claiming: member))
        } catch {
            if let member { giveBack(member) }
            let record = try atLimit(error, draft, replacing: previous, now: now)
            if !request.waits {
                update(request.sessionID) { $0.isDetached = true }
                let opened = OpenedSession(session: snapshot(record, now), created: true, replaced: replaced)
                return .opened(opened, record.key, mark: nil)
            }
        }
        let kind = Waiter.Kind.open(created: true, replaced: replaced, untilReserved: !request.waits)
        return .wait(park(kind, at: .session(request.sessionID), deadline: deadline))
    }

    private func draft(_ request: OpenRequest, _ profile: SessionProfile, _ now: SessionMoment) -> ReservationDraft {
        func origin(_ asked: Duration?, _ ofProfile: Duration?) -> SettingOrigin {
            asked != nil ? .request : ofProfile != nil ? .profile : .daemon
        }
        return ReservationDraft(
            sessionID: request.sessionID, profile: profile.name, owner: request.owner, labels: request.labels,
            environment: request.environment, created: now,
            idleTimeout: request.idleTimeout ?? profile.idleTimeout ?? policy.idleTimeout,
            maxLifetime: request.maxLifetime ?? profile.maxLifetime ?? policy.maxLifetime,
            idleTimeoutOrigin: origin(request.idleTimeout, profile.idleTimeout),
            maxLifetimeOrigin: origin(request.maxLifetime, profile.maxLifetime),
            startDeadline: now.instant.advanced(by: profile.startupTimeout ?? policy.startupTimeout))
    }

    /// Operations that still run in the dead generation's sandbox end by themselves and are no lease on the next.
    mutating func insertReplacement(_ session: Session) {
        var session = session
        if let old = sessions[session.record.sessionID] {
            leaseCount -= old.leases.count
            session.waiters = old.waiters
        }
        insert(session)
    }

    /// The store has committed, or refused, the reservation.
    mutating func reserved(
        _ sessionID: SessionID, _ result: Result<SessionRecord, SandboxError>, now: SessionMoment
    ) {
        guard case .reserving(let reservation) = sessions[sessionID]?.phase else { return }
        defer { admitQueued(now) }
        switch result {
        case .failure(let error):
            if let member = reservation.claiming { giveBack(member) }
            if sessionID.isReserved { pausePool(reservation.draft.profile, now: now) }
            answerWaiters(of: sessionID) { kind in
                switch kind {
                case .stop, .recheck, .update: .again
                case .open, .lease: .failed(error)
                }
            }
            if reservation.wasQueued, let record = sessions[sessionID]?.record {
                let event = EventRecord(
                    reservation.previous == nil ? .ended : .failed, of: record, at: now.wall, reason: .startFailed,
                    detail: error.message)
                emit(.commit(.note(event)))
            }
            guard let previous = reservation.previous else {
                remove(sessionID)
                return
            }
            transition(sessionID) { session in
                session.record = previous
                session.phase = .failed
            }
            dues.add(.forget(previous.key), at: now.instant.advanced(by: SessionTiming.failedRetention))
        case .success(let record):
            if let member = reservation.claiming {
                claimed(member, by: record, now: now)
            } else {
                transition(sessionID) { session in
                    session.record = record
                    session.phase = .starting
                }
            }
            if let order = reservation.stop {
                beginEnding(sessionID, order, startRuns: false, now: now)
                return
            }
            guard reservation.claiming == nil else {
                becameUsable(sessionID, now: now)
                relabel(record.key)
                return
            }
            let left = now.instant.duration(to: record.startDeadline)
            start(record, timeout: left)
            answerOpen(sessionID, now: now) { $0 }
        }
    }

    /// Answers those who opened the session; with `untilReserved` only those who wait for no more than that.
    mutating func answerOpen(_ sessionID: SessionID, now: SessionMoment, where isAnswered: (Bool) -> Bool) {
        guard let record = sessions[sessionID]?.record else { return }
        let snapshot = snapshot(record, now)
        answerWaiters(of: sessionID) { kind in
            guard case .open(let created, let replaced, let untilReserved) = kind, isAnswered(untilReserved) else {
                return nil
            }
            return .opened(OpenedSession(session: snapshot, created: created, replaced: replaced))
        }
    }

    private func opened(_ record: SessionRecord, _ now: SessionMoment) -> OpenedSession {
        OpenedSession(session: snapshot(record, now), created: false, replaced: nil)
    }

    private func profile(_ name: String) throws(SandboxError) -> SessionProfile {
        if let profile = profiles[name] { return profile }
        let known = profiles.keys.sorted().joined(separator: ", ")
        throw .invalid("there is no profile '\(name)'; the configuration has: \(known)")
    }

    /// No session of that id can be used: none at all, or one on its way out.
    func missing(_ sessionID: SessionID) -> SandboxError {
        guard let generation = newestDeletion[sessionID],
            let pending = deletions[SandboxKey(sessionID, generation)]?.pending
        else {
            return SandboxError(.sessionNotFound, "there is no session \(sessionID)")
        }
        return SandboxError(
            .sandboxGone(.released), "session \(sessionID) has ended (\(pending.reason.rawValue): \(pending.detail))")
    }

    func gone(_ record: SessionRecord) -> SandboxError {
        SandboxError(
            .sandboxGone(record.goneReason ?? .failed),
            record.message ?? "the sandbox of session \(record.sessionID) is gone")
    }
}
