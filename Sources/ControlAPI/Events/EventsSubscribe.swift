import JSONRPC

/// Follows events: after the response they come as `event` notifications, until the connection or the subscription
/// ends.
package enum EventsSubscribe: RPCMethod {
    package static let name = "events.subscribe"
    package static var isLook: Bool { true }

    package struct Params: NamedParams {
        /// Where to go on; when absent, with what happens from now on.
        package var after: Int64?
        package var sessionID: String?
        package var types: [SessionEvent.Kind]?

        package var subject: String? { sessionID }

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case after
            case sessionID = "session_id"
            case types
        }

        package init(after: Int64? = nil, sessionID: String? = nil, types: [SessionEvent.Kind]? = nil) {
            self.after = after
            self.sessionID = sessionID
            self.types = types
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var subscriptionID: String
        package var latestSequence: Int64

        package enum CodingKeys: String, CodingKey {
            case subscriptionID = "subscription_id"
            case latestSequence = "latest_seq"
        }

        package init(subscriptionID: String, latestSequence: Int64) {
            self.subscriptionID = subscriptionID
            self.latestSequence = latestSequence
        }
    }
}
