/// A live session that was opened from memory.
package struct OpenedNow: Sendable {
    /// What it shows beside `activity`; `SessionManager.snapshot(of:_:)` has it.
    package var revision: SessionRevision
    package var activity: SessionActivity
}
