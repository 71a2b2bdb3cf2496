import JSONRPC

/// Whether the session's sandbox lives. Looking is not activity.
package enum SessionIsAlive: RPCMethod {
    package static let name = "session.is_alive"
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
        package var alive: Bool

        package init(alive: Bool) {
            self.alive = alive
        }
    }
}
