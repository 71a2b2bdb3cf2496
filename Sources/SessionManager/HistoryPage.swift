/// Ended sessions, newest first.
package struct HistoryPage: Hashable, Sendable {
    package var records: [HistoryRecord]
    /// Nil on the last page.
    package var nextCursor: String?

    package init(records: [HistoryRecord], nextCursor: String?) {
        self.records = records
        self.nextCursor = nextCursor
    }
}
