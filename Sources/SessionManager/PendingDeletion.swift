/// A sandbox that is to go: the session's last row, kept until the backend confirms that the sandbox is gone.
package struct PendingDeletion: Hashable, Sendable {
    /// Its state is `stopping`.
    package var record: SessionRecord
    package var reason: EndReason
    package var detail: String
    /// False when the history says already how this session ended (its sandbox died; only the remains are to go).
    package var entersHistory: Bool

    package init(record: SessionRecord, reason: EndReason, detail: String, entersHistory: Bool) {
        self.record = record
        self.record.state = .stopping
        self.reason = reason
        self.detail = detail
        self.entersHistory = entersHistory
    }
}
