/// Sessions by creation time, then id.
package struct SessionPage: Hashable, Sendable {
    package var sessions: [SessionSnapshot]
    /// Nil on the last page.
    package var nextCursor: String?
    /// All that match the filter, on every page.
    package var total: Int
}
