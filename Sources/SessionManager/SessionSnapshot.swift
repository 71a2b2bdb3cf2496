package import SandboxCore

/// A session as callers see it: no secret in it, and looking at it is no activity.
package struct SessionSnapshot: Hashable, Sendable {
    package var sessionID: SessionID
    package var generation: Int
    package var state: SessionState
    package var profile: String
    package var sandboxName: String
    /// Nil until the backend has made it.
    package var sandbox: SandboxInfo?
    package var owner: SessionOwner
    package var labels: [String: String]
    package var createdAt: Timestamp
    package var readyAt: Timestamp?
    package var lastActivityAt: Timestamp
    package var lastActivity: String
    /// On the session clock; zero while a lease is held.
    package var idle: Duration
    package var idleTimeout: Duration?
    package var maxLifetime: Duration?
    /// Nil while a lease is held, or when no timeout applies.
    package var reapAt: Timestamp?
    /// Operations running in it now.
    package var leases: Int
    package var message: String?
}
