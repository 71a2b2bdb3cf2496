import SandboxCore

extension SessionStateMachine {
    /// `session.update`: committed first, then in force. One change of a session at a time; the caller waits, and
    /// asks again when it is told `again`.
    mutating func update(
        _ sessionID: SessionID, _ change: SettingsChange, now: SessionMoment
    ) throws(SandboxError) -> WaiterID {
        guard !isEnding else { throw Self.draining }
        guard let session = sessions[sessionID] else { throw missing(sessionID) }
        switch session.phase {
        case .queued: throw queued(sessionID)
        case .failed, .forgetting: throw gone(session.record)
        case .reserving, .ending, .failing, .confirming(.some), .claimed:
            return park(.recheck, at: .session(sessionID))
        case .starting, .confirming(nil), .ready, .adopting: break
        }
        guard !session.isUpdating else { return park(.update(isOwn: false), at: .session(sessionID)) }
        var record = session.record
        if let idleTimeout = change.idleTimeout {
            record.idleTimeout = idleTimeout
            record.idleTimeoutOrigin = .update
        }
        if let maxLifetime = change.maxLifetime {
            record.maxLifetime = maxLifetime
            record.maxLifetimeOrigin = .update
        }
        record.labels = change.labels ?? record.labels
        update(sessionID) { $0.isUpdating = true }
        emit(.commit(.update(record)))
        return park(.update(isOwn: true), at: .session(sessionID))
    }

    /// `update` is committed.
    mutating func updated(_ record: SessionRecord, now: SessionMoment) {
        let sessionID = record.sessionID
        guard let session = session(record.key), session.isUpdating else { return }
        update(sessionID) { session in
            session.isUpdating = false
            session.record.takeSettings(of: record)
        }
        answerWaiters(of: sessionID) { kind in
            guard case .update(let isOwn) = kind else { return nil }
            return isOwn ? .updated : .again
        }
        queueReap(sessionID)
    }
}
