import JSONRPC

/// Ends a subscription of the same connection.
package enum EventsUnsubscribe: RPCMethod {
    package static let name = "events.unsubscribe"
    package static var isLook: Bool { true }

    package struct Params: NamedParams {
        package var subscriptionID: String

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case subscriptionID = "subscription_id"
        }

        package init(subscriptionID: String) {
            self.subscriptionID = subscriptionID
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        /// False when the connection has no such subscription.
        package var unsubscribed: Bool

        package init(unsubscribed: Bool) {
            self.unsubscribed = unsubscribed
        }
    }
}
