import JSONRPC

/// Counts as activity: the idle clock starts again.
package enum SessionTouch: RPCMethod {
    package static let name = "session.touch"

    package struct Params: SessionParams {
        package var sessionID: String

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
        }

        package static func only(_ member: String, _ value: String) -> Self? {
            member == CodingKeys.sessionID.rawValue ? Self(sessionID: value) : nil
        }

        package init(sessionID: String) {
            self.sessionID = sessionID
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var lastActivityAt: Timestamp
        @ExplicitNull package var reapAt: Timestamp?

        package enum CodingKeys: String, CodingKey {
            case lastActivityAt = "last_activity_at"
            case reapAt = "reap_at"
        }

        package init(lastActivityAt: Timestamp, reapAt: Timestamp?) {
            self.lastActivityAt = lastActivityAt
            self.reapAt = reapAt
        }
    }
}
