import SandboxCore

extension SessionStateMachine {
    /// Reserves what the pools lack, as fast as their own limit, `max_starting` and earlier failures allow.
    mutating func fillPools(_ now: SessionMoment) {
        guard !isEnding, !isDraining else { return }
        for pool in pools {
            if let paused = pool.pausedUntil, now.instant < paused { continue }
            var starting = pool.slots.count { sessions[$0]?.share.isStarting ?? false }
            for slot in pool.slots where sessions[slot] == nil {
                guard starting < pool.policy.maxStarting, tally.starting < policy.limits.starting else { break }
                starting += 1
                let limit = profiles[pool.profile]?.startupTimeout ?? policy.startupTimeout
                let draft = ReservationDraft(
                    sessionID: slot, profile: pool.profile, owner: .pool, created: now, idleTimeout: nil,
                    maxLifetime: nil, startDeadline: now.instant.advanced(by: limit))
                insert(
                    Session(
                        record: draft.record(generation: 0, sandboxName: "", nonce: "", token: ""),
                        phase: .reserving(Session.Reservation(draft: draft)), mark: .settled(0)))
                emit(.reserve(draft, claiming: nil))
            }
        }
    }

    /// A sandbox that nobody has had, for one session alone; nil where none is ready.
    mutating func takeFromPool(_ profile: String) -> SessionRecord? {
        guard let pool = pools.first(where: { $0.profile == profile }) else { return nil }
        let slot = pool.slots.first { slot in
            guard let member = sessions[slot], case .ready = member.phase else { return false }
            return !member.isBeingChecked && !member.isSuspect
        }
        guard let slot, let record = sessions[slot]?.record else { return nil }
        transition(slot) { $0.phase = .claimed }
        return record
    }

    /// The claim was not committed.
    mutating func giveBack(_ member: SessionRecord) {
        guard case .claimed = session(member.key)?.phase else { return }
        transition(member.sessionID) { $0.phase = .ready }
        if sessions[member.sessionID]?.isSuspect == true { suspect(member.key) }
    }

    /// The claim is committed: the sandbox is the session's, and its place in the pool is free.
    mutating func claimed(_ member: SessionRecord, by record: SessionRecord, now: SessionMoment) {
        let isSuspect = remove(member.sessionID)?.isSuspect ?? false
        update(pool: member.profile) { pool in pool.claimed += 1 }
        transition(record.sessionID) { session in
            session.record = record
            session.phase = .ready
            session.isSuspect = isSuspect
        }
        emit(.handOver(from: member.key, to: record.key, environment: record.environment))
    }

    /// The backend still calls it the pool's.
    mutating func relabel(_ key: SandboxKey) {
        guard let session = session(key), case .ready = session.phase, let info = session.record.sandbox else { return }
        emit(.relabel(session.record.claim(startupTimeout: SessionTiming.livenessLimit), info))
    }

    /// Tried until it succeeds, or the session ends.
    mutating func relabelled(_ key: SandboxKey, succeeded: Bool, now: SessionMoment) {
        guard !succeeded, session(key) != nil else { return }
        update(key.sessionID) { $0.labelFailures += 1 }
        let delay = SessionTiming.discardRetry.delay(afterFailures: sessions[key.sessionID]?.labelFailures ?? 1)
        dues.add(.relabel(key), at: now.instant.advanced(by: delay))
    }

    /// One of the pool's sandboxes did not start, or died: the next one is not tried at once.
    mutating func pausePool(_ profile: String, now: SessionMoment) {
        update(pool: profile) { pool in
            pool.failures += 1
            let delay = SessionTiming.poolRetry.delay(afterFailures: pool.failures)
            pool.pausedUntil = now.instant.advanced(by: delay)
        }
        if let until = pools.first(where: { $0.profile == profile })?.pausedUntil { dues.add(.fillPools, at: until) }
    }

    mutating func poolStarted(_ profile: String) {
        update(pool: profile) { pool in
            pool.failures = 0
            pool.pausedUntil = nil
        }
    }

    func isWanted(_ slot: SessionID) -> Bool { pools.contains { $0.slots.contains(slot) } }

    var poolStatus: [PoolStatus] {
        pools.map { pool in
            PoolStatus(
                profile: pool.profile, target: pool.policy.size,
                ready: pool.slots.count { if case .ready = sessions[$0]?.phase { true } else { false } },
                starting: pool.slots.count { sessions[$0]?.share.isStarting ?? false }, claimed: pool.claimed)
        }
    }

    private mutating func update(pool profile: String, _ change: (inout Pool) -> Void) {
        guard let index = pools.firstIndex(where: { $0.profile == profile }) else { return }
        change(&pools[index])
    }
}
