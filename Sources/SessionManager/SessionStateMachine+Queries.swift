import SandboxCore

extension SessionStateMachine {
    func get(_ sessionID: SessionID, now: SessionMoment) throws(SandboxError) -> SessionSnapshot {
        guard let record = shownRecord(sessionID) else {
            throw SandboxError(.sessionNotFound, "there is no session \(sessionID)")
        }
        return snapshot(record, now)
    }

    /// Nil when the session shows something else by now, or is no more.
    mutating func snapshot(
        of sessionID: SessionID, _ revision: SessionRevision, now: SessionMoment
    ) -> SessionSnapshot? {
        try? inPlace(sessionID) { (session) throws(SandboxError) in
            session.currentRevision() === revision ? session.snapshot(now) : nil
        }
    }

    func snapshot(_ record: SessionRecord, _ now: SessionMoment) -> SessionSnapshot {
        let session = session(record.key)
        var snapshot = session?.snapshot(now) ?? SessionSnapshot(record, activity: SessionActivity(record, now))
        if case .queued(let reservation) = session?.phase { snapshot.message = queueMessage(reservation) }
        return snapshot
    }

    /// Whose the session of this id is, or was while it is still shown.
    mutating func owner(of sessionID: SessionID) -> SessionOwner? {
        let owner = try? inPlace(sessionID) { (session) throws(SandboxError) in
            session.isShown ? session.record.owner : nil
        }
        return owner ?? shownRecord(sessionID)?.owner
    }

    func list(_ filter: SessionFilter, now: SessionMoment) throws(SandboxError) -> SessionPage {
        let limit = min(max(filter.limit, 1), SessionFilter.maximumLimit)
        let cursor = try filter.cursor.map { (text) throws(SandboxError) in try SessionOrder.Position(cursor: text) }
        let start = order.index(after: cursor)
        guard !filter.matchesEverything else {
            // The total is known, and only the page itself is looked at.
            let end = min(start + limit, order.positions.count)
            let shown = order.positions[start..<end]
            let sessions = shown.compactMap { shownRecord($0.sessionID) }.map { snapshot($0, now) }
            let isLast = end == order.positions.count
            return SessionPage(
                sessions: sessions, nextCursor: isLast ? nil : shown.last?.cursor, total: order.positions.count)
        }
        var page = SessionPage(sessions: [], nextCursor: nil, total: 0)
        var last: SessionOrder.Position?
        for (index, position) in order.positions.enumerated() {
            guard let record = shownRecord(position.sessionID), filter.matches(record) else { continue }
            page.total += 1
            guard index >= start else { continue }
            if page.sessions.count < limit {
                page.sessions.append(snapshot(record, now))
                last = position
            } else if page.nextCursor == nil {
                page.nextCursor = last?.cursor
            }
        }
        return page
    }

    var counts: SessionCounts {
        SessionCounts(
            queued: queue.count, starting: tally.byState[.starting, default: 0],
            ready: tally.byState[.ready, default: 0],
            stopping: deletions.count, failed: tally.byState[.failed, default: 0], leases: leaseCount,
            held: tally.held, isDraining: isDraining, limits: policy.limits, waiting: waiters.count,
            orphans: orphans.count, queuedDeletions: discards.waiting, queuedAdoptions: adoptions.waiting,
            ended: endedCount)
    }
}

extension Session {
    func snapshot(_ now: SessionMoment) -> SessionSnapshot {
        var adoption: Adoption?
        if case .adopting(let state) = phase { adoption = state }
        return SessionSnapshot(record, activity: activity(now), adoption: adoption)
    }
}

extension SessionSnapshot {
    fileprivate init(_ record: SessionRecord, activity: SessionActivity, adoption: Session.Adoption? = nil) {
        var message = record.message
        if let adoption {
            message = "podkeeperd was restarted and has not reached its sandbox yet"
            if case .waiting(let error) = adoption { message = error.message }
        }
        self.init(
            sessionID: record.sessionID, generation: record.generation, state: record.state, profile: record.profile,
            sandboxName: record.sandboxName, sandbox: record.sandbox, owner: record.owner, labels: record.labels,
            createdAt: record.created.wall, readyAt: record.ready?.wall, idleTimeout: record.idleTimeout,
            maxLifetime: record.maxLifetime, message: message, activity: activity)
    }
}

extension SessionActivity {
    init(_ record: SessionRecord, leases: Int = 0, reapDue: SessionInstant? = nil, _ now: SessionMoment) {
        self.init(
            lastActivityAt: record.lastActivity.wall, lastActivity: record.lastOperation,
            idle: leases > 0 ? .zero : max(.zero, record.lastActivity.instant.duration(to: now.instant)),
            reapAt: reapDue.map { now.wall.advanced(by: now.instant.duration(to: $0)) }, leases: leases)
    }
}
