import FoundationEssentials
import KubernetesClient

/// What a pod's events say about its image pulls. Events have whole seconds.
struct PullTimes: Hashable, Sendable {
    /// Of all pulls that have ended, one after the other, and of the one under way up to the last event.
    private(set) var duration = Duration.zero
    /// The kubelet's words for a pull that has not ended.
    private(set) var underWay: String?

    /// `events`: oldest first.
    init(_ events: [ClusterEvent]) {
        var began: Date?
        for event in events {
            switch event.reason {
            case "Pulling":
                began = Self.date(event)
                underWay = event.message
            case "Pulled", "Failed":
                if let start = began, let end = Self.date(event) { duration += .seconds(end.timeIntervalSince(start)) }
                began = nil
                underWay = nil
            default: break
            }
        }
    }

    private static func date(_ event: ClusterEvent) -> Date? { try? Date(event.lastSeen, strategy: .iso8601) }
}
