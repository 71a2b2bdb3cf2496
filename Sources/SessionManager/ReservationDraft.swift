package import SandboxCore

/// A session about to be reserved: all of its row but what the store decides (generation, and by it the name).
package struct ReservationDraft: Hashable, Sendable {
    package var sessionID: SessionID
    package var profile: String
    package var owner: SessionOwner
    package var labels: [String: String]
    package var environment: [String: String]
    package var created: SessionMoment
    package var idleTimeout: Duration?
    package var maxLifetime: Duration?
    package var idleTimeoutOrigin: SettingOrigin?
    package var maxLifetimeOrigin: SettingOrigin?
    package var startDeadline: SessionInstant

    package init(
        sessionID: SessionID, profile: String, owner: SessionOwner, labels: [String: String] = [:],
        environment: [String: String] = [:], created: SessionMoment, idleTimeout: Duration?, maxLifetime: Duration?,
        idleTimeoutOrigin: SettingOrigin? = nil, maxLifetimeOrigin: SettingOrigin? = nil,
        startDeadline: SessionInstant
    ) {
        self.sessionID = sessionID
        self.profile = profile
        self.owner = owner
        self.labels = labels
        self.environment = environment
        self.created = created
        self.idleTimeout = idleTimeout
        self.maxLifetime = maxLifetime
        self.idleTimeoutOrigin = idleTimeoutOrigin
        self.maxLifetimeOrigin = maxLifetimeOrigin
        self.startDeadline = startDeadline
    }

    /// The row that this draft becomes with a pool's sandbox: ready, and its age counts from now.
    package func record(generation: Int, claiming member: SessionRecord) -> SessionRecord {
        var record = record(
            generation: generation, sandboxName: member.sandboxName, nonce: member.nonce, token: member.token)
        record.state = .ready
        record.sandbox = member.sandbox
        // Nobody has waited for these.
        record.sandbox?.timing = nil
        record.ready = created
        return record
    }

    /// The row that this draft becomes.
    package func record(generation: Int, sandboxName: String, nonce: String, token: String) -> SessionRecord {
        SessionRecord(
            sessionID: sessionID, generation: generation, profile: profile, state: .starting,
            sandboxName: sandboxName, nonce: nonce, token: token, owner: owner, labels: labels,
            environment: environment, created: created, lastActivity: created,
            lastOperation: SessionOperation.getOrCreate, idleTimeout: idleTimeout, maxLifetime: maxLifetime,
            idleTimeoutOrigin: idleTimeoutOrigin, maxLifetimeOrigin: maxLifetimeOrigin, startDeadline: startDeadline)
    }
}
