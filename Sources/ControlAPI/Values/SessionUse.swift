/// The members of a `Session` that change by use and by time alone.
package struct SessionUse: Hashable, Sendable {
    package var lastActivityAt: Timestamp
    package var lastActivity: String
    package var idleSeconds: Double
    package var reapAt: Timestamp?
    package var leases: Int

    package init(
        lastActivityAt: Timestamp, lastActivity: String, idleSeconds: Double, reapAt: Timestamp?, leases: Int
    ) {
        self.lastActivityAt = lastActivityAt
        self.lastActivity = lastActivity
        self.idleSeconds = idleSeconds
        self.reapAt = reapAt
        self.leases = leases
    }
}
