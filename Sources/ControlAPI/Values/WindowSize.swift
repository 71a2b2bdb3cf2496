/// A terminal's size in characters.
package struct WindowSize: Codable, Hashable, Sendable {
    package var columns: Int
    package var rows: Int

    package enum CodingKeys: String, CodingKey {
        case columns = "cols"
        case rows
    }

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}
