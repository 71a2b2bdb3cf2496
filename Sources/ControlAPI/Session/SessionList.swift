import JSONRPC

/// Lists sessions by `created_at`, then `session_id`, page by page.
package enum SessionList: RPCMethod {
    package static let name = "session.list"
    package static var isLook: Bool { true }

    package struct Params: NamedParams {
        package var states: [Session.State]?
        /// Only sessions that carry all of these.
        package var labels: [String: String]?
        package var ownerUID: UInt32?
        package var profile: String?
        /// 1 to 1000; 100 when absent.
        package var limit: Int?
        /// `next_cursor` of the page before.
        package var cursor: String?
        /// Ask each sandbox of the page what it uses, too.
        package var usage: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case states
            case labels
            case ownerUID = "owner_uid"
            case profile
            case limit
            case cursor, usage
        }

        package init(
            states: [Session.State]? = nil, labels: [String: String]? = nil, ownerUID: UInt32? = nil,
            profile: String? = nil, limit: Int? = nil, cursor: String? = nil, usage: Bool? = nil
        ) {
            self.states = states
            self.labels = labels
            self.ownerUID = ownerUID
            self.profile = profile
            self.limit = limit
            self.cursor = cursor
            self.usage = usage
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var sessions: [Session]
        /// Null on the last page.
        @ExplicitNull package var nextCursor: String?
        /// Sessions that match, on all pages.
        package var total: Int

        package enum CodingKeys: String, CodingKey {
            case sessions
            case nextCursor = "next_cursor"
            case total
        }

        package init(sessions: [Session], nextCursor: String?, total: Int) {
            self.sessions = sessions
            self.nextCursor = nextCursor
            self.total = total
        }
    }
}
