/// What of a session changes by use and by time alone.
package struct SessionActivity: Hashable, Sendable {
    package var lastActivityAt: Timestamp
    package var lastActivity: String
    /// On the session clock; zero while a lease is held.
    package var idle: Duration
    /// Nil while a lease is held, or when no timeout applies.
    package var reapAt: Timestamp?
    /// Operations running in it now.
    package var leases: Int
}
