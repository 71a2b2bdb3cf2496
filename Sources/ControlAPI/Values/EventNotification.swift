/// The notification `event`: the event's members and the subscription that it is for.
package struct EventNotification: Codable, Hashable, Sendable {
    package static let name = "event"

    package var subscriptionID: String
    package var event: SessionEvent

    private enum CodingKeys: String, CodingKey {
        case subscriptionID = "subscription_id"
    }

    package init(subscriptionID: String, event: SessionEvent) {
        self.subscriptionID = subscriptionID
        self.event = event
    }

    package init(from decoder: any Decoder) throws {
        event = try SessionEvent(from: decoder)
        subscriptionID = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .subscriptionID)
    }

    package func encode(to encoder: any Encoder) throws {
        try event.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(subscriptionID, forKey: .subscriptionID)
    }
}
