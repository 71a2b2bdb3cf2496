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
    package var idleTimeout: Duration?
    package var maxLifetime: Duration?
    package var message: String?
    package var activity: SessionActivity
}
