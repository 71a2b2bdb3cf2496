package import SandboxCore

/// `session.history`: ended sessions, newest first.
package struct HistoryQuery: Hashable, Sendable {
    package static let defaultLimit = 100
    package static let maximumLimit = 1000

    package var sessionID: SessionID?
    package var ownerUID: UInt32?
    /// Cut to 1…1000.
    package var limit: Int
    /// `nextCursor` of the page before.
    package var cursor: String?

    package init(
        sessionID: SessionID? = nil, ownerUID: UInt32? = nil, limit: Int = HistoryQuery.defaultLimit,
        cursor: String? = nil
    ) {
        self.sessionID = sessionID
        self.ownerUID = ownerUID
        self.limit = limit
        self.cursor = cursor
    }
}
