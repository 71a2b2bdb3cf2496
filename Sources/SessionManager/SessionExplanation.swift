/// `session.explain`: when and why a session would be reaped.
package struct SessionExplanation: Hashable, Sendable {
    package struct Lease: Hashable, Sendable {
        package var purpose: LeasePurpose
        package var since: Timestamp
    }

    package var state: SessionState
    /// Nil while nothing would reap it.
    package var reapAt: Timestamp?
    /// One sentence.
    package var reason: String
    /// What to change for another `reapAt`; nil where no setting decides.
    package var setting: String?
    /// Oldest first.
    package var leases: [Lease]
    package var lastActivityAt: Timestamp
    package var lastActivity: String
}
