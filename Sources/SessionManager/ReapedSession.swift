package import SandboxCore

/// One row of `session.cleanup_idle`.
package struct ReapedSession: Hashable, Sendable {
    package var sessionID: SessionID
    package var idle: Duration
    package var reason: EndReason
}
