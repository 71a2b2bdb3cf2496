/// A session that has ended, as the history keeps it.
package struct EndedSession: Codable, Hashable, Sendable {
    package var sessionID: String
    package var generation: Int
    package var profile: String
    package var owner: Session.Owner
    package var labels: [String: String]
    package var sandbox: Session.Sandbox
    package var createdAt: Timestamp
    /// Null when it never was.
    @ExplicitNull package var readyAt: Timestamp?
    package var lastActivityAt: Timestamp
    package var endedAt: Timestamp
    /// `idle`, `lifetime`, `released`, `evicted_for_room`, `start_failed`, `deleted`, `evicted`, `oom_killed`,
    /// `node_lost` or `failed`.
    package var reason: String
    /// One sentence: who or what ended it.
    package var detail: String
    /// Of the process that the sandbox was, where that ended by itself and its end is known.
    @ExplicitNull package var exitCode: Int?

    package enum CodingKeys: String, CodingKey {
        case sessionID = "session_id"
        case generation, profile, owner, labels, sandbox
        case createdAt = "created_at"
        case readyAt = "ready_at"
        case lastActivityAt = "last_activity_at"
        case endedAt = "ended_at"
        case reason, detail
        case exitCode = "exit_code"
    }

    package init(
        sessionID: String, generation: Int, profile: String, owner: Session.Owner, labels: [String: String],
        sandbox: Session.Sandbox, createdAt: Timestamp, readyAt: Timestamp?, lastActivityAt: Timestamp,
        endedAt: Timestamp, reason: String, detail: String, exitCode: Int?
    ) {
        self.sessionID = sessionID
        self.generation = generation
        self.profile = profile
        self.owner = owner
        self.labels = labels
        self.sandbox = sandbox
        self.createdAt = createdAt
        self.readyAt = readyAt
        self.lastActivityAt = lastActivityAt
        self.endedAt = endedAt
        self.reason = reason
        self.detail = detail
        self.exitCode = exitCode
    }
}
