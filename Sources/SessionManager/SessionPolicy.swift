/// The settings of the `sessions` section.
package struct SessionPolicy: Hashable, Sendable {
    /// What happens to a new session when there is no room for it.
    package enum AtLimit: String, Hashable, Sendable, CaseIterable {
        case refuse
        /// The session that has been idle longest makes room; without one that is idle, as `refuse`.
        case evictIdle = "evict_idle"
        /// Owners take turns, each of them first come first served.
        case queue
    }

    /// Nil: sessions are never reaped for being idle.
    package var idleTimeout: Duration?
    package var maxLifetime: Duration?
    package var startupTimeout: Duration
    package var limits: SessionLimits
    package var atLimit: AtLimit
    /// How many sessions may wait for room.
    package var maxQueued: Int
    /// How long before a reap its warning is given, at most half of the timeout. Nil: none is given.
    package var idleWarning: Duration?

    package init(
        idleTimeout: Duration? = .seconds(3600), maxLifetime: Duration? = nil, startupTimeout: Duration = .seconds(60),
        maxSessions: Int = 1000, maxSessionsPerOwner: Int? = nil, maxStarting: Int = 32,
        atLimit: AtLimit = .refuse, maxQueued: Int = 1000, idleWarning: Duration? = nil
    ) {
        self.idleTimeout = idleTimeout
        self.maxLifetime = maxLifetime
        self.startupTimeout = startupTimeout
        limits = SessionLimits(sessions: maxSessions, perOwner: maxSessionsPerOwner, starting: maxStarting)
        self.atLimit = atLimit
        self.maxQueued = maxQueued
        self.idleWarning = idleWarning
    }
}
