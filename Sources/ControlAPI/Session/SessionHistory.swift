import JSONRPC

/// Sessions that have ended, newest first. Kept after their sandboxes are gone.
package enum SessionHistory: RPCMethod {
    package static let name = "session.history"
    package static var isLook: Bool { true }

    package struct Params: NamedParams {
        package var sessionID: String?
        /// 1 to 1000; 100 when absent.
        package var limit: Int?
        /// `next_cursor` of the page before.
        package var cursor: String?

        package var subject: String? { sessionID }

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case limit, cursor
        }

        package init(sessionID: String? = nil, limit: Int? = nil, cursor: String? = nil) {
            self.sessionID = sessionID
            self.limit = limit
            self.cursor = cursor
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var sessions: [EndedSession]
        /// Null on the last page.
        @ExplicitNull package var nextCursor: String?

        package enum CodingKeys: String, CodingKey {
            case sessions
            case nextCursor = "next_cursor"
        }

        package init(sessions: [EndedSession], nextCursor: String?) {
            self.sessions = sessions
            self.nextCursor = nextCursor
        }
    }
}
