package import SandboxCore

/// `session.get_or_create`. All but the first four members are for a session that is made; one that exists keeps
/// what it was made with.
package struct OpenRequest: Hashable, Sendable {
    package var sessionID: SessionID
    package var owner: SessionOwner
    /// May join a session that another uid opened (an operator).
    package var ignoresOwner: Bool
    /// Never creates: only a session that exists is answered.
    package var attaches: Bool
    /// Answers when the session is ready; otherwise as soon as it is reserved.
    package var waits: Bool
    /// How long the caller waits. The start goes on without it.
    package var timeout: Duration?
    /// Nil: `default` for a new session, any for one that exists.
    package var profile: String?
    package var idleTimeout: Duration?
    package var maxLifetime: Duration?
    package var labels: [String: String]
    package var environment: [String: String]

    package init(
        sessionID: SessionID, owner: SessionOwner, ignoresOwner: Bool = false, attaches: Bool = false,
        waits: Bool = true, timeout: Duration? = nil, profile: String? = nil, idleTimeout: Duration? = nil,
        maxLifetime: Duration? = nil, labels: [String: String] = [:], environment: [String: String] = [:]
    ) {
        self.sessionID = sessionID
        self.owner = owner
        self.ignoresOwner = ignoresOwner
        self.attaches = attaches
        self.waits = waits
        self.timeout = timeout
        self.profile = profile
        self.idleTimeout = idleTimeout
        self.maxLifetime = maxLifetime
        self.labels = labels
        self.environment = environment
    }
}
