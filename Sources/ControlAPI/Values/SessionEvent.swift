/// A change of a session.
package struct SessionEvent: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case queued, starting, ready, updated
        case idleWarning = "idle_warning"
        case stopping, failed, ended
        /// Only to a subscriber that fell behind: events up to `seq` are gone unread. The sessions have to be listed
        /// again; the subscription goes on after `seq`.
        case overflow
    }

    /// Grows by one with every event.
    package var sequence: Int64
    package var at: Timestamp
    package var kind: Kind
    /// Null in `overflow` alone, as is `generation`.
    @ExplicitNull package var sessionID: String?
    @ExplicitNull package var generation: Int?
    /// Why the session ends, or will, as the history has it.
    package var reason: String?
    package var detail: String?
    package var exitCode: Int?
    /// Of `idle_warning`.
    package var reapAt: Timestamp?

    package enum CodingKeys: String, CodingKey {
        case sequence = "seq"
        case at
        case kind = "type"
        case sessionID = "session_id"
        case generation, reason, detail
        case exitCode = "exit_code"
        case reapAt = "reap_at"
    }

    package init(
        sequence: Int64, at: Timestamp, kind: Kind, sessionID: String?, generation: Int?, reason: String? = nil,
        detail: String? = nil, exitCode: Int? = nil, reapAt: Timestamp? = nil
    ) {
        self.sequence = sequence
        self.at = at
        self.kind = kind
        self.sessionID = sessionID
        self.generation = generation
        self.reason = reason
        self.detail = detail
        self.exitCode = exitCode
        self.reapAt = reapAt
    }
}
