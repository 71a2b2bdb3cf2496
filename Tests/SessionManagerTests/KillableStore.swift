import SQLiteStore
import SandboxCore
import SessionManager
import Synchronization

/// A real store that can be cut off between any two calls, as kill -9 cuts a daemon off: nothing is written after it,
/// not even by an orderly stop.
final class KillableStore: SessionStore {
    private let base: SQLiteStore
    private let callsLeft = Mutex<Int?>(nil)

    init(_ base: SQLiteStore) { self.base = base }

    var instanceID: String { base.instanceID }
    var isDead: Bool { callsLeft.withLock { $0 == 0 } }

    func kill() { callsLeft.withLock { $0 = 0 } }
    /// Dies after so many calls more.
    func kill(afterCalls count: Int) { callsLeft.withLock { $0 = count } }

    func close() throws { try base.close() }

    private func live() throws(SandboxError) -> SQLiteStore {
        let isAlive = callsLeft.withLock { left in
            guard let count = left else { return true }
            guard count > 0 else { return false }
            left = count - 1
            return true
        }
        guard isAlive else { throw SandboxError(.internal, "killed") }
        return base
    }

    func load() async throws(SandboxError) -> StoredSessions { try await live().load() }
    func reserve(
        _ draft: ReservationDraft, nonce: String, token: String, limits: SessionLimits,
        sandboxName: @escaping @Sendable (Int) -> String
    ) async throws(SandboxError) -> SessionRecord {
        try await live().reserve(draft, nonce: nonce, token: token, limits: limits, sandboxName: sandboxName)
    }
    func claim(
        _ member: SessionRecord, for draft: ReservationDraft, limits: SessionLimits
    ) async throws(SandboxError) -> SessionRecord {
        try await live().claim(member, for: draft, limits: limits)
    }
    func apply(_ change: StoreChange, at: Timestamp) async throws(SandboxError) {
        try await live().apply(change, at: at)
    }
    func events(_ query: EventQuery) async throws(SandboxError) -> EventPage { try await live().events(query) }
    var latestEvent: Int64 { base.latestEvent }
    func markActive(_ key: SandboxKey, mark: Int64) async throws(SandboxError) {
        try await live().markActive(key, mark: mark)
    }
    func settle(_ stamps: [ActivityStamp], checkpoint: ClockCheckpoint) async throws(SandboxError) {
        try await live().settle(stamps, checkpoint: checkpoint)
    }
    func history(_ query: HistoryQuery) async throws(SandboxError) -> HistoryPage { try await live().history(query) }
}
