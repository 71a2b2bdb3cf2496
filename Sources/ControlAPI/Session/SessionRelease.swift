import JSONRPC

/// Ends a session and deletes its sandbox; its id is free at once.
package enum SessionRelease: RPCMethod {
    package static let name = "session.release"

    package struct Params: SessionParams {
        package var sessionID: String
        package var reason: String?
        /// False: answers before the sandbox is confirmed gone.
        package var wait: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case reason
            case wait
        }

        package init(sessionID: String, reason: String? = nil, wait: Bool? = nil) {
            self.sessionID = sessionID
            self.reason = reason
            self.wait = wait
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        /// False when there was none.
        package var released: Bool

        package init(released: Bool) {
            self.released = released
        }
    }
}
