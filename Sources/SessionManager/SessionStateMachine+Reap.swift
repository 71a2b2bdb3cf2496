import SandboxCore

extension SessionStateMachine {
    /// Sees to it that the heap looks at the session when its time is up. Activity moves that time without touching
    /// the heap: the entry finds out when it comes up.
    mutating func queueReap(_ sessionID: SessionID) {
        guard let session = sessions[sessionID], let due = session.reapDue else { return }
        let lead = due.at.duration(to: session.warningDue(due, lead: policy.idleWarning))
        let first = due.at.advanced(by: lead)
        if let queued = session.reapQueuedAt, queued <= first { return }
        update(sessionID) { $0.reapQueuedAt = first }
        dues.add(lead < .zero ? .warn(session.record.key) : .reap(session.record.key), at: first)
    }

    /// Says that the session's time is nearly up, if it still is, and lets the heap look again when it is.
    private mutating func warnIfDue(_ key: SandboxKey, entry: SessionInstant, now: SessionMoment) {
        guard let session = session(key), session.reapQueuedAt == entry else { return }
        update(key.sessionID) { $0.reapQueuedAt = nil }
        guard let due = session.reapDue else { return }
        guard session.warningDue(due, lead: policy.idleWarning) <= now.instant else {
            queueReap(key.sessionID)
            return
        }
        update(key.sessionID) { $0.reapQueuedAt = due.at }
        dues.add(.reap(key), at: due.at)
        // Too late to be of use, as after a restart: the reap itself says all.
        guard due.at > now.instant else { return }
        let reapAt = now.wall.advanced(by: now.instant.duration(to: due.at))
        let event = EventRecord(
            .idleWarning, of: session.record, at: now.wall, reason: due.reason,
            detail: "reaped at \(reapAt.rfc3339) unless it is used", reapAt: reapAt)
        emit(.commit(.note(event)))
    }

    /// The first phase nominated it when its entry was made; here it is looked at again: ready, no lease, still idle.
    private mutating func reapIfDue(_ key: SandboxKey, entry: SessionInstant, now: SessionMoment) {
        guard let session = session(key), session.reapQueuedAt == entry else { return }
        update(key.sessionID) { $0.reapQueuedAt = nil }
        // Without a due time it is in use (the end of the lease queues it again) or not ready.
        guard let due = session.reapDue else { return }
        guard due.at <= now.instant else {
            queueReap(key.sessionID)
            return
        }
        stop(key.sessionID, session.reapOrder(due.reason, now), now: now)
    }

    /// Everything whose time has come.
    mutating func tick(_ now: SessionMoment) {
        while let entry = dues.takeDue(now.instant) {
            switch entry.kind {
            case .waiter(let id):
                _ = cancelWaiter(id, with: outOfTime(id), now: now)
            case .settle: settleQuiet(now)
            case .warn(let key): warnIfDue(key, entry: entry.at, now: now)
            case .reap(let key): reapIfDue(key, entry: entry.at, now: now)
            case .forget(let key):
                guard let session = session(key), case .failed = session.phase else { continue }
                stop(key.sessionID, Session.StopOrder(reason: .failed, detail: ""), now: now)
            case .adopt(let key): retryAdoption(key)
            case .discard(.session(let key)):
                if deletions[key]?.phase == .waiting { queueDiscard(key) }
            case .discard(let id):
                discards.enqueue(id)
                runDiscards()
            case .inventory: requestInventory()
            case .fillPools: fillPools(now)
            case .relabel(let key): relabel(key)
            }
        }
    }

    private func outOfTime(_ id: WaiterID) -> SandboxError {
        if case .session(let sessionID) = waiters[id]?.place,
            case .queued(let reservation) = sessions[sessionID]?.phase
        {
            return SandboxError(
                .deadlineExceeded, "the time of the call is over; session \(sessionID) was \(queueMessage(reservation))"
            )
        }
        return SandboxError(
            .deadlineExceeded, "the time of the call is over; what it waited for goes on without it")
    }

    struct CleanupResult {
        var reaped: [ReapedSession] = []
        /// One for each; answered when its sandbox is gone or the first try to delete it has failed.
        var waiters: [WaiterID] = []
    }

    /// `session.cleanup_idle`: those idle for `maxIdle`, or else for as long as their own timeout says.
    mutating func cleanupIdle(maxIdle: Duration?, dryRun: Bool, now: SessionMoment) -> CleanupResult {
        var orders: [(SessionID, Session.StopOrder, idle: Duration)] = []
        for session in sessions.values where !session.record.isPooled {
            let sessionID = session.record.sessionID
            guard case .ready = session.phase, session.leases.isEmpty else { continue }
            let idle = session.record.lastActivity.instant.duration(to: now.instant)
            let order: Session.StopOrder
            if let maxIdle {
                guard idle >= maxIdle else { continue }
                let detail = "idle for \(idle.text), cleaned up with a limit of \(maxIdle.text)"
                order = Session.StopOrder(reason: .idle, detail: detail)
            } else {
                guard let due = session.reapDue, due.at <= now.instant else { continue }
                order = session.reapOrder(due.reason, now)
            }
            orders.append((sessionID, order, idle))
        }
        orders.sort { $0.idle == $1.idle ? $0.0 < $1.0 : $0.idle > $1.idle }
        var result = CleanupResult()
        result.reaped = orders.map { ReapedSession(sessionID: $0.0, idle: $0.idle, reason: $0.1.reason) }
        guard !dryRun else { return result }
        for (sessionID, order, _) in orders {
            stop(sessionID, order, now: now)
            result.waiters.append(park(.stop(untilGone: true), at: .session(sessionID)))
        }
        return result
    }
}

extension Session {
    /// When to warn of a reap: the lead before it, at most half of the timeout.
    fileprivate func warningDue(_ due: (at: SessionInstant, reason: EndReason), lead: Duration?) -> SessionInstant {
        guard let lead, let timeout = due.reason == .idle ? record.idleTimeout : record.maxLifetime else {
            return due.at
        }
        return due.at.advanced(by: .zero - min(lead, timeout / 2))
    }

    fileprivate func reapOrder(_ reason: EndReason, _ now: SessionMoment) -> StopOrder {
        let idle = record.lastActivity.instant.duration(to: now.instant)
        let detail =
            reason == .idle
            ? "idle for \(idle.text) (idle_timeout \(record.idleTimeout?.text ?? "none"))"
            : "its lifetime is over (max_lifetime \(record.maxLifetime?.text ?? "none"))"
        return StopOrder(reason: reason, detail: detail)
    }
}

extension Duration {
    /// Seconds, as the configuration writes them.
    var text: String {
        let milliseconds = wholeMilliseconds
        return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000) s" : "\(inSeconds) s"
    }
}
