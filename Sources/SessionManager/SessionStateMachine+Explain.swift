import SandboxCore

extension SessionStateMachine {
    /// When and why the session would be reaped, and what decides it. No activity.
    func explain(_ sessionID: SessionID, now: SessionMoment) throws(SandboxError) -> SessionExplanation {
        guard let record = shownRecord(sessionID) else {
            throw SandboxError(.sessionNotFound, "there is no session \(sessionID)")
        }
        let snapshot = snapshot(record, now)
        let session = session(record.key)
        let (reason, setting) = session.map(verdict) ?? ending(record)
        let leases = (session?.leases ?? [:]).sorted { $0.key < $1.key }.map {
            SessionExplanation.Lease(purpose: $0.value.purpose, since: $0.value.since.wall)
        }
        return SessionExplanation(
            state: record.state, reapAt: snapshot.activity.reapAt, reason: reason, setting: setting, leases: leases,
            lastActivityAt: record.lastActivity.wall, lastActivity: record.lastOperation)
    }

    private func ending(_ record: SessionRecord) -> (String, String?) {
        guard let pending = deletions[record.key]?.pending else { return ("it has ended", nil) }
        return ("it has ended (\(pending.reason.rawValue)): \(pending.detail)", nil)
    }

    private func verdict(_ session: Session) -> (reason: String, setting: String?) {
        let record = session.record
        switch session.phase {
        case .queued(let reservation): return (queueMessage(reservation), nil)
        case .reserving, .starting, .confirming, .claimed:
            return ("it is starting; nothing is reaped before it is ready", nil)
        case .adopting: return ("podkeeperd was restarted and has not reached its sandbox yet", nil)
        case .ending, .failing: return ("it is ending", nil)
        case .failed, .forgetting: return (record.message ?? "its sandbox is gone", nil)
        case .ready: break
        }
        guard session.leases.isEmpty else {
            let count = session.leases.count
            return (
                "\(count) \(count == 1 ? "operation runs" : "operations run") in it; its idle clock starts when the last one ends",
                nil
            )
        }
        guard let due = session.reapDue else {
            return ("it has neither an idle timeout nor a maximal lifetime", nil)
        }
        if due.reason == .idle {
            return (
                "idle since \(record.lastActivity.wall.rfc3339) with an idle timeout of \(record.idleTimeout?.text ?? "none")",
                setting("idle_timeout", record.idleTimeoutOrigin, record)
            )
        }
        return (
            "ready since \((record.ready ?? record.created).wall.rfc3339) with a maximal lifetime of \(record.maxLifetime?.text ?? "none")",
            setting("max_lifetime", record.maxLifetimeOrigin, record)
        )
    }

    /// Where the value is to be changed.
    private func setting(_ name: String, _ origin: SettingOrigin?, _ record: SessionRecord) -> String {
        switch origin {
        case .daemon: "sessions.\(name)"
        case .profile: "profiles.\(record.profile).\(name)"
        case .request: "session.get_or_create \(name)"
        case .update, nil: "session.update \(name)"
        }
    }
}
