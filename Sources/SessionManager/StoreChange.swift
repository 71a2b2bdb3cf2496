package import SandboxCore

/// One step in a session's life, committed as one transaction before anybody acts on it.
///
/// A change names the row that it expects; a row that is not so is a fault and changes nothing.
package enum StoreChange: Hashable, Sendable {
    /// The sandbox is ready: `sandbox`, `ready`, activity and its mark are taken from the record.
    case becomeReady(SessionRecord, mark: Int64)
    /// The backend told more of a sandbox (a new address after a restart).
    case updateSandbox(SandboxKey, SandboxInfo)
    /// Its timeouts (and who set them) and labels are taken from the record. Nothing where the session has ended.
    case update(SessionRecord)
    /// Nothing changes, but those who listen are told.
    case note(EventRecord)
    /// The session's row becomes a pending deletion.
    case beginDeletion(PendingDeletion)
    /// The sandbox died: the row stays as `failed`, the history gets its end, the remains become a pending deletion.
    case fail(PendingDeletion, HistoryRecord)
    /// The sandbox is confirmed gone; nil when the history has its end already.
    case finishDeletion(SandboxKey, HistoryRecord?)
    /// A failed session is forgotten.
    case forgetFailed(SessionRecord)

    package var sessionID: SessionID {
        switch self {
        case .becomeReady(let record, _), .update(let record), .forgetFailed(let record): record.sessionID
        case .updateSandbox(let key, _), .finishDeletion(let key, _): key.sessionID
        case .note(let event): event.sessionID
        case .beginDeletion(let pending), .fail(let pending, _): pending.record.sessionID
        }
    }
}
