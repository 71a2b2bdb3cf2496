/// A `v1 Event` about an object: what the scheduler, the kubelet and controllers have to say about it.
package struct ClusterEvent: Hashable, Sendable {
    /// `Normal` or `Warning`.
    package var type: String
    package var reason: String
    package var message: String
    /// How often it happened.
    package var count: Int
    /// RFC 3339; of the last time it happened.
    package var lastSeen: String

    package init(type: String, reason: String, message: String, count: Int = 1, lastSeen: String = "") {
        self.type = type
        self.reason = reason
        self.message = message
        self.count = count
        self.lastSeen = lastSeen
    }
}

extension ClusterEvent: Decodable {
    private enum CodingKeys: String, CodingKey {
        case type, reason, message, count, lastTimestamp, eventTime, metadata, series
    }
    private enum MetadataKeys: String, CodingKey { case creationTimestamp }
    private enum SeriesKeys: String, CodingKey { case count, lastObservedTime }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let metadata = try? container.nestedContainer(keyedBy: MetadataKeys.self, forKey: .metadata)
        // Events written through events.k8s.io (the scheduler's) carry `series` and `eventTime` in place of `count`
        // and `lastTimestamp`.
        let series = try? container.nestedContainer(keyedBy: SeriesKeys.self, forKey: .series)
        let times = [
            series?.text(.lastObservedTime) ?? "", container.text(.lastTimestamp), container.text(.eventTime),
            metadata?.text(.creationTimestamp) ?? "",
        ]
        self.init(
            type: container.text(.type), reason: container.boundedText(.reason),
            message: container.boundedText(.message),
            count: series?.lenient(Int.self, .count) ?? container.lenient(Int.self, .count) ?? 1,
            lastSeen: times.first { !$0.isEmpty } ?? "")
    }
}
