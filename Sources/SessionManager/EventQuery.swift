package import SandboxCore

/// Which events are wanted. Every member that is set must match.
package struct EventFilter: Hashable, Sendable {
    package var sessionID: SessionID?
    package var kinds: Set<EventRecord.Kind>?
    package var ownerUID: UInt32?

    package init(sessionID: SessionID? = nil, kinds: Set<EventRecord.Kind>? = nil, ownerUID: UInt32? = nil) {
        self.sessionID = sessionID
        self.kinds = kinds
        self.ownerUID = ownerUID
    }
}

/// `events.list`: oldest first.
package struct EventQuery: Hashable, Sendable {
    package static let defaultLimit = 100
    package static let maximumLimit = 1000

    package var filter: EventFilter
    /// Only events with a greater sequence number.
    package var after: Int64
    /// Cut to 1…1000.
    package var limit: Int

    package init(filter: EventFilter = EventFilter(), after: Int64 = 0, limit: Int = EventQuery.defaultLimit) {
        self.filter = filter
        self.after = after
        self.limit = limit
    }
}

package struct EventPage: Hashable, Sendable {
    package var events: [EventRecord]
    /// Of all events in the store, whatever the filter; 0 where there were none yet.
    package var latest: Int64
    /// The oldest that is still kept; `latest + 1` where none is.
    package var oldest: Int64
    /// The number that the next page goes on after: everything up to it was looked at.
    package var next: Int64

    package init(events: [EventRecord], latest: Int64, oldest: Int64, next: Int64) {
        self.events = events
        self.latest = latest
        self.oldest = oldest
        self.next = next
    }
}
