/// A session that a clean-up ended, or in a dry run would end.
package struct ReapedSession: Codable, Hashable, Sendable {
    package var sessionID: String
    package var idleSeconds: Double
    package var reason: String

    package enum CodingKeys: String, CodingKey {
        case sessionID = "session_id"
        case idleSeconds = "idle_seconds"
        case reason
    }

    package init(sessionID: String, idleSeconds: Double, reason: String) {
        self.sessionID = sessionID
        self.idleSeconds = idleSeconds
        self.reason = reason
    }
}
