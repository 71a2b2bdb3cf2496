package import SandboxCore

/// The port to durable memory. Everything it is told survives kill -9 from the moment that the call returns.
///
/// Only for durability: sessions are read from it once, at the start. Calls are not cancellable and take
/// milliseconds; concurrent ones share a transaction's cost. Errors are of kind `internal` unless said otherwise.
package protocol SessionStore: Sendable {
    /// Random, made with the store: tells this daemon's sandboxes from another's.
    var instanceID: String { get }

    /// Everything, once. Rows that cannot be read are set aside and reported, never deleted.
    func load() async throws(SandboxError) -> StoredSessions

    /// Counts against the limits, takes the id's next generation and inserts its row, in one transaction. The id's
    /// row of state `failed`, if any, is replaced. Throws `sessionLimitExceeded`, and `conflict` when the id is taken.
    func reserve(
        _ draft: ReservationDraft, nonce: String, token: String, limits: SessionLimits,
        sandboxName: @escaping @Sendable (Int) -> String
    ) async throws(SandboxError) -> SessionRecord

    /// Gives a pool's sandbox to a session, in one transaction: counts against the limits, removes the pool's row and
    /// inserts the session's, `ready`, in its place. Throws as `reserve` does.
    func claim(
        _ member: SessionRecord, for draft: ReservationDraft, limits: SessionLimits
    ) async throws(SandboxError) -> SessionRecord

    /// Commits one step of one session, and its event with that time.
    func apply(_ change: StoreChange, at: Timestamp) async throws(SandboxError)

    /// Marks a session as in use. Until it is settled, a restart counts its idle time from the restart.
    func markActive(_ key: SandboxKey, mark: Int64) async throws(SandboxError)

    /// Writes down when sessions were last used, and the clock, in one transaction.
    func settle(_ stamps: [ActivityStamp], checkpoint: ClockCheckpoint) async throws(SandboxError)

    /// Events after a number, oldest first.
    func events(_ query: EventQuery) async throws(SandboxError) -> EventPage

    /// The number of the last event that is committed.
    var latestEvent: Int64 { get }

    /// Ended sessions, newest first. Throws `invalid` for a cursor that is none.
    func history(_ query: HistoryQuery) async throws(SandboxError) -> HistoryPage
}
