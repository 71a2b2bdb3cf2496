/// Rows under a heading, in columns as wide as their widest cell.
struct Table {
    /// No column is cut to less.
    private static let narrowest = 6
    private static let gap = 3

    private let rows: [[String]]

    /// Empty cells are shown as `-`.
    init(heading: [String], rows: [[String]]) {
        self.rows = [heading] + rows.map { $0.map { $0.isEmpty ? "-" : Printable.text($0) } }
    }

    /// Lines without the last one's `\n`, and without spaces at their ends.
    var text: String { text(fitting: nil, paint: nil) }

    /// `width`: columns of the terminal; the widest cells are cut until a line fits, as far as that goes. Nil: as wide as
    /// it gets.
    ///
    /// `paint`: what a cell under a heading looks like; it must add nothing that takes room on the screen.
    func text(fitting width: Int?, paint: ((_ heading: String, _ cell: String) -> String)?) -> String {
        let widths = widths(fitting: width)
        return rows.enumerated().map { line, row in
            zip(row, widths).enumerated().map { index, cell in
                let text = Self.cut(cell.0, to: cell.1)
                let padding = index == row.count - 1 ? 0 : cell.1 - text.count + Self.gap
                let shown = line == 0 ? text : paint?(rows[0][index], text) ?? text
                return shown + String(repeating: " ", count: padding)
            }.joined()
        }.joined(separator: "\n")
    }

    private func widths(fitting width: Int?) -> [Int] {
        let columns = rows.map(\.count).max() ?? 0
        var widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        guard let width else { return widths }
        var excess = widths.reduce(0, +) + Self.gap * max(0, columns - 1) - width
        while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > Self.narrowest
        {
            // Down to the next widest at most, so that two long columns share the loss.
            let next = widths.filter { $0 < widths[widest] }.max() ?? 0
            let step = min(excess, widths[widest] - max(next, Self.narrowest, 0))
            widths[widest] -= max(1, step)
            excess -= max(1, step)
        }
        return widths
    }

    private static func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(width - 1) + "…"
    }
}
