package import SandboxCore

/// A session that ended.
package struct HistoryRecord: Hashable, Sendable {
    package var sessionID: SessionID
    package var generation: Int
    package var profile: String
    package var owner: SessionOwner
    package var labels: [String: String]
    package var sandboxName: String
    package var sandboxUID: String?
    package var createdAt: Timestamp
    package var readyAt: Timestamp?
    package var lastActivityAt: Timestamp
    package var endedAt: Timestamp
    package var reason: EndReason
    /// One sentence: who or what ended it.
    package var detail: String
    /// Of the process that the sandbox was, where its end is known.
    package var exitCode: Int?

    package init(
        _ record: SessionRecord, reason: EndReason, detail: String, exitCode: Int? = nil, endedAt: Timestamp
    ) {
        sessionID = record.sessionID
        generation = record.generation
        profile = record.profile
        owner = record.owner
        labels = record.labels
        sandboxName = record.sandboxName
        sandboxUID = record.sandbox?.uid
        createdAt = record.created.wall
        readyAt = record.ready?.wall
        lastActivityAt = record.lastActivity.wall
        self.endedAt = endedAt
        self.reason = reason
        self.detail = detail
        self.exitCode = exitCode
    }

    package init(
        sessionID: SessionID, generation: Int, profile: String, owner: SessionOwner, labels: [String: String],
        sandboxName: String, sandboxUID: String?, createdAt: Timestamp, readyAt: Timestamp?,
        lastActivityAt: Timestamp, endedAt: Timestamp, reason: EndReason, detail: String,
        exitCode: Int?
    ) {
        self.sessionID = sessionID
        self.generation = generation
        self.profile = profile
        self.owner = owner
        self.labels = labels
        self.sandboxName = sandboxName
        self.sandboxUID = sandboxUID
        self.createdAt = createdAt
        self.readyAt = readyAt
        self.lastActivityAt = lastActivityAt
        self.endedAt = endedAt
        self.reason = reason
        self.detail = detail
        self.exitCode = exitCode
    }
}
