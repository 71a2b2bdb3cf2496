import JSONRPC

/// What has happened to sessions, oldest first. No activity.
package enum EventsList: RPCMethod {
    package static let name = "events.list"
    package static var isLook: Bool { true }

    package struct Params: NamedParams {
        /// Only events with a greater number; 0 when absent.
        package var after: Int64?
        package var sessionID: String?
        package var types: [SessionEvent.Kind]?
        /// 1 to 1000; 100 when absent.
        package var limit: Int?

        package var subject: String? { sessionID }

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case after
            case sessionID = "session_id"
            case types, limit
        }

        package init(
            after: Int64? = nil, sessionID: String? = nil, types: [SessionEvent.Kind]? = nil, limit: Int? = nil
        ) {
            self.after = after
            self.sessionID = sessionID
            self.types = types
            self.limit = limit
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var events: [SessionEvent]
        /// Of all events, whatever was asked for.
        package var latestSequence: Int64
        /// The oldest that is still kept: those before it are gone.
        package var oldestSequence: Int64

        package enum CodingKeys: String, CodingKey {
            case events
            case latestSequence = "latest_seq"
            case oldestSequence = "oldest_seq"
        }

        package init(events: [SessionEvent], latestSequence: Int64, oldestSequence: Int64) {
            self.events = events
            self.latestSequence = latestSequence
            self.oldestSequence = oldestSequence
        }
    }
}
