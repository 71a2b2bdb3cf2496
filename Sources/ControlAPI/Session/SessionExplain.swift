import JSONRPC

/// When and why a session would be reaped, and which setting decides. No activity.
package enum SessionExplain: RPCMethod {
    package static let name = "session.explain"
    package static var isLook: Bool { true }

    package struct Params: SessionParams {
        package var sessionID: String

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
        }

        package init(sessionID: String) {
            self.sessionID = sessionID
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        /// An operation that keeps the session from being reaped.
        package struct Lease: Codable, Hashable, Sendable {
            package var operation: String
            @ExplicitNull package var runID: String?
            package var since: Timestamp
            @ExplicitNull package var ownerUID: UInt32?

            package enum CodingKeys: String, CodingKey {
                case operation
                case runID = "run_id"
                case since
                case ownerUID = "owner_uid"
            }

            package init(operation: String, runID: String?, since: Timestamp, ownerUID: UInt32?) {
                self.operation = operation
                self.runID = runID
                self.since = since
                self.ownerUID = ownerUID
            }
        }

        package var state: Session.State
        /// Null while nothing would reap it.
        @ExplicitNull package var reapAt: Timestamp?
        /// One sentence.
        package var reason: String
        /// What to change for another `reap_at`: a key of the configuration, or a method's parameter. Null where no
        /// setting decides.
        @ExplicitNull package var setting: String?
        /// Oldest first.
        package var leases: [Lease]
        package var lastActivityAt: Timestamp
        package var lastActivity: String

        package enum CodingKeys: String, CodingKey {
            case state
            case reapAt = "reap_at"
            case reason, setting, leases
            case lastActivityAt = "last_activity_at"
            case lastActivity = "last_activity"
        }

        package init(
            state: Session.State, reapAt: Timestamp?, reason: String, setting: String?, leases: [Lease],
            lastActivityAt: Timestamp, lastActivity: String
        ) {
            self.state = state
            self.reapAt = reapAt
            self.reason = reason
            self.setting = setting
            self.leases = leases
            self.lastActivityAt = lastActivityAt
            self.lastActivity = lastActivity
        }
    }
}
