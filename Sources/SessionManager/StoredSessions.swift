/// All that a store holds when a daemon opens it.
package struct StoredSessions: Sendable {
    /// A session's row, and its activity mark: not 0 when the session was in use, or had been a moment before, when
    /// the daemon before this one ended without writing it down.
    package struct Row: Hashable, Sendable {
        package var record: SessionRecord
        package var mark: Int64

        package init(record: SessionRecord, mark: Int64) {
            self.record = record
            self.mark = mark
        }
    }

    /// What could be read of a row that was set aside. Its sandbox is nobody's to delete.
    package struct Quarantined: Hashable, Sendable {
        package var sessionID: String?
        package var sandboxName: String?
        package var nonce: String?

        package init(sessionID: String?, sandboxName: String?, nonce: String?) {
            self.sessionID = sessionID
            self.sandboxName = sandboxName
            self.nonce = nonce
        }
    }

    package var sessions: [Row]
    package var deletions: [PendingDeletion]
    package var quarantined: [Quarantined]
    package var checkpoint: ClockCheckpoint?

    package init(
        sessions: [Row] = [], deletions: [PendingDeletion] = [], quarantined: [Quarantined] = [],
        checkpoint: ClockCheckpoint? = nil
    ) {
        self.sessions = sessions
        self.deletions = deletions
        self.quarantined = quarantined
        self.checkpoint = checkpoint
    }

    /// The newest instant on record.
    var latestInstant: SessionInstant {
        func latest(_ record: SessionRecord) -> SessionInstant {
            max(record.created.instant, record.ready?.instant ?? .zero, record.lastActivity.instant)
        }
        // Lazily: a copy of all records would be as large as they are.
        let ofSessions = sessions.lazy.map { latest($0.record) }.max() ?? .zero
        return max(ofSessions, deletions.lazy.map { latest($0.record) }.max() ?? .zero)
    }
}
