package import SandboxCore

/// A change of a session, as `events.list` and `events.subscribe` tell it. Kept in the same transaction as the change.
package struct EventRecord: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Waits for room under a limit.
        case queued
        /// Reserved; its sandbox is being made.
        case starting
        case ready
        /// Its timeouts or labels were changed.
        case updated
        /// It will be reaped at `reapAt` unless it is used.
        case idleWarning = "idle_warning"
        /// It has ended; its sandbox is being deleted.
        case stopping
        /// Its sandbox died.
        case failed
        /// Its sandbox is confirmed gone, or one that died was forgotten, or it waits for room no longer.
        case ended
    }

    /// Grows by one with every event of a store; 0 before the store has it.
    package var sequence: Int64
    package var at: Timestamp
    package var kind: Kind
    package var sessionID: SessionID
    package var generation: Int
    package var ownerUID: UInt32
    /// Of an end, or of a coming one, as the history names it.
    package var reason: EndReason?
    package var detail: String?
    package var exitCode: Int?
    package var reapAt: Timestamp?

    package init(
        sequence: Int64 = 0, at: Timestamp, kind: Kind, sessionID: SessionID, generation: Int, ownerUID: UInt32,
        reason: EndReason? = nil, detail: String? = nil, exitCode: Int? = nil, reapAt: Timestamp? = nil
    ) {
        self.sequence = sequence
        self.at = at
        self.kind = kind
        self.sessionID = sessionID
        self.generation = generation
        self.ownerUID = ownerUID
        self.reason = reason
        self.detail = detail
        self.exitCode = exitCode
        self.reapAt = reapAt
    }

    init(
        _ kind: Kind, of record: SessionRecord, at: Timestamp, reason: EndReason? = nil, detail: String? = nil,
        exitCode: Int? = nil, reapAt: Timestamp? = nil
    ) {
        self.init(
            at: at, kind: kind, sessionID: record.sessionID, generation: record.generation,
            ownerUID: record.owner.uid, reason: reason, detail: detail, exitCode: exitCode, reapAt: reapAt)
    }
}

extension EventRecord {
    /// What a committed reservation is to those who listen: of a pool's sandbox nothing before somebody claims it.
    package init?(reserved record: SessionRecord) {
        guard !record.isPooled else { return nil }
        self.init(record.state == .ready ? .ready : .starting, of: record, at: record.created.wall)
    }

    /// What a committed change is to those who listen; nil when it changes nothing that they see.
    package init?(_ change: StoreChange, at: Timestamp) {
        guard !change.sessionID.isReserved else { return nil }
        switch change {
        case .becomeReady(let record, _): self.init(.ready, of: record, at: at)
        case .updateSandbox: return nil
        case .update(let record): self.init(.updated, of: record, at: at)
        case .note(let event): self = event
        case .beginDeletion(let pending):
            self.init(.stopping, of: pending.record, at: at, reason: pending.reason, detail: pending.detail)
        case .fail(let pending, let history):
            self.init(
                .failed, of: pending.record, at: at, reason: history.reason, detail: history.detail,
                exitCode: history.exitCode)
        case .finishDeletion(_, let history?):
            self.init(
                at: at, kind: .ended, sessionID: history.sessionID, generation: history.generation,
                ownerUID: history.owner.uid, reason: history.reason, detail: history.detail)
        // The rest of a sandbox whose death was told when it was noticed.
        case .finishDeletion(_, nil): return nil
        case .forgetFailed(let record):
            self.init(
                .ended, of: record, at: at, reason: record.goneReason.map { EndReason($0) }, detail: record.message)
        }
    }
}
