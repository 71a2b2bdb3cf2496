/// How many sessions there are.
package struct SessionCounts: Hashable, Sendable {
    package var queued = 0
    package var starting = 0
    package var ready = 0
    /// Sandboxes being deleted, more than one of an id included.
    package var stopping = 0
    package var failed = 0
    /// Operations running in all of them.
    package var leases = 0
    /// Those that count against `limits.sessions`.
    package var held = 0
    /// No new ones are taken.
    package var isDraining = false
    package var limits: SessionLimits
    /// Callers that wait for a session's start, end or turn.
    package var waiting = 0
    /// Sandboxes found in the backend that no row speaks of, and that are not deleted yet.
    package var orphans = 0
    /// Sandboxes that wait for their turn to be deleted, and to be taken up after a restart.
    package var queuedDeletions = 0
    package var queuedAdoptions = 0
    /// Sessions that ended since this daemon was started.
    package var ended: [EndReason: Int] = [:]
}
