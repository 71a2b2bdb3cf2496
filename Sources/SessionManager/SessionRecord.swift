package import SandboxCore

/// A session as the store keeps it.
package struct SessionRecord: Hashable, Sendable {
    package var sessionID: SessionID
    /// 1 for an id's first sandbox; never used twice for one id, released or not.
    package var generation: Int
    package var profile: String
    package var state: SessionState
    package var sandboxName: String
    /// Nil until the backend has made the sandbox.
    package var sandbox: SandboxInfo?
    package var nonce: String
    /// Secret: shown to the exec server, never to a caller or a log.
    package var token: String
    package var owner: SessionOwner
    package var labels: [String: String]
    package var environment: [String: String]
    package var created: SessionMoment
    package var ready: SessionMoment?
    package var lastActivity: SessionMoment
    /// The operation that the last activity belongs to.
    package var lastOperation: String
    /// Nil: never reaped for being idle.
    package var idleTimeout: Duration?
    /// From `ready` on. Nil: for ever.
    package var maxLifetime: Duration?
    /// Nil for a session from before this was recorded.
    package var idleTimeoutOrigin: SettingOrigin?
    package var maxLifetimeOrigin: SettingOrigin?
    /// When a start that is still under way has failed.
    package var startDeadline: SessionInstant
    /// What a person should know about its state.
    package var message: String?
    /// Set when `state` is `failed`.
    package var goneReason: GoneReason?

    package init(
        sessionID: SessionID, generation: Int, profile: String, state: SessionState, sandboxName: String,
        sandbox: SandboxInfo? = nil, nonce: String, token: String, owner: SessionOwner, labels: [String: String],
        environment: [String: String], created: SessionMoment, ready: SessionMoment? = nil,
        lastActivity: SessionMoment, lastOperation: String, idleTimeout: Duration?, maxLifetime: Duration?,
        idleTimeoutOrigin: SettingOrigin? = nil, maxLifetimeOrigin: SettingOrigin? = nil,
        startDeadline: SessionInstant, message: String? = nil, goneReason: GoneReason? = nil
    ) {
        self.sessionID = sessionID
        self.generation = generation
        self.profile = profile
        self.state = state
        self.sandboxName = sandboxName
        self.sandbox = sandbox
        self.nonce = nonce
        self.token = token
        self.owner = owner
        self.labels = labels
        self.environment = environment
        self.created = created
        self.ready = ready
        self.lastActivity = lastActivity
        self.lastOperation = lastOperation
        self.idleTimeout = idleTimeout
        self.maxLifetime = maxLifetime
        self.idleTimeoutOrigin = idleTimeoutOrigin
        self.maxLifetimeOrigin = maxLifetimeOrigin
        self.startDeadline = startDeadline
        self.message = message
        self.goneReason = goneReason
    }

    /// What `session.update` changes.
    mutating func takeSettings(of other: Self) {
        labels = other.labels
        idleTimeout = other.idleTimeout
        maxLifetime = other.maxLifetime
        idleTimeoutOrigin = other.idleTimeoutOrigin
        maxLifetimeOrigin = other.maxLifetimeOrigin
    }

    /// Of a pool's sandbox that nobody has claimed.
    package var isPooled: Bool { sessionID.isReserved }

    package var key: SandboxKey { SandboxKey(sessionID, generation) }

    /// What the backend needs to delete this sandbox and no other.
    var discardTarget: DiscardTarget { DiscardTarget(name: sandboxName, uid: sandbox?.uid, nonce: nonce) }

    func claim(startupTimeout: Duration) -> SandboxClaim {
        SandboxClaim(
            sessionID: sessionID, generation: generation, profile: profile, sandboxName: sandboxName, nonce: nonce,
            token: token, environment: environment, labels: labels, startupTimeout: startupTimeout)
    }
}
