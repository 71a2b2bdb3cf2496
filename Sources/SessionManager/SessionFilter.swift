/// `session.list`: every member that is set must match.
package struct SessionFilter: Hashable, Sendable {
    package static let defaultLimit = 100
    package static let maximumLimit = 1000

    package var states: Set<SessionState>?
    package var labels: [String: String]
    package var ownerUID: UInt32?
    package var profile: String?
    /// Cut to 1…1000.
    package var limit: Int
    /// `nextCursor` of the page before.
    package var cursor: String?

    package init(
        states: Set<SessionState>? = nil, labels: [String: String] = [:], ownerUID: UInt32? = nil,
        profile: String? = nil, limit: Int = SessionFilter.defaultLimit, cursor: String? = nil
    ) {
        self.states = states
        self.labels = labels
        self.ownerUID = ownerUID
        self.profile = profile
        self.limit = limit
        self.cursor = cursor
    }

    var matchesEverything: Bool { states == nil && labels.isEmpty && ownerUID == nil && profile == nil }

    func matches(_ record: SessionRecord) -> Bool {
        if let states, !states.contains(record.state) { return false }
        if let ownerUID, record.owner.uid != ownerUID { return false }
        if let profile, record.profile != profile { return false }
        return labels.allSatisfy { record.labels[$0.key] == $0.value }
    }
}
