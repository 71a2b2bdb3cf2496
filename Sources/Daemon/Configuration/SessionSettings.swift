package import SessionManager

/// How sessions live when neither their profile nor their caller says otherwise.
package struct SessionSettings: Hashable, Sendable {
    package enum OnShutdown: String, CaseIterable, Hashable, Sendable { case keep, release }

    /// Nil: never reaped for being idle.
    package var idleTimeout: Duration? = .seconds(3600)
    package var maxLifetime: Duration?
    package var startupTimeout: Duration = .seconds(60)
    package var maxSessions = 1000
    package var maxSessionsPerOwner: Int?
    package var maxStarting = 32
    package var atLimit = SessionPolicy.AtLimit.refuse
    package var maxQueued = 1000
    /// Nil: reaped without a warning.
    package var idleWarning: Duration? = .seconds(60)
    package var onShutdown = OnShutdown.keep

    package init() {}
}

extension SessionSettings {
    /// What the rules of sessions need of it.
    var policy: SessionPolicy {
        SessionPolicy(
            idleTimeout: idleTimeout, maxLifetime: maxLifetime, startupTimeout: startupTimeout,
            maxSessions: maxSessions, maxSessionsPerOwner: maxSessionsPerOwner, maxStarting: maxStarting,
            atLimit: atLimit, maxQueued: maxQueued, idleWarning: idleWarning)
    }

    init(_ section: inout YAMLSection) throws {
        self.init()
        idleTimeout = try section.duration("idle_timeout") ?? idleTimeout
        maxLifetime = try section.duration("max_lifetime")
        startupTimeout = try section.duration("startup_timeout") ?? startupTimeout
        maxSessions = try section.integer("max_sessions", in: 1...10_000_000) ?? maxSessions
        maxSessionsPerOwner = try section.integer("max_sessions_per_owner", in: 1...10_000_000)
        maxStarting = try section.integer("max_starting", in: 1...100_000) ?? maxStarting
        atLimit = try section.choice("at_limit", SessionPolicy.AtLimit.self) ?? atLimit
        maxQueued = try section.integer("max_queued", in: 1...1_000_000) ?? maxQueued
        idleWarning = try section.optionalDuration("idle_warning", default: idleWarning)
        onShutdown = try section.choice("on_shutdown", OnShutdown.self) ?? onShutdown
        try section.finish()
    }
}
