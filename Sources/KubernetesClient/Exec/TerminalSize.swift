/// Of a command's terminal, in characters.
package struct TerminalSize: Hashable, Sendable {
    package var columns: UInt16
    package var rows: UInt16

    package init(columns: UInt16, rows: UInt16) {
        self.columns = columns
        self.rows = rows
    }

    /// As channel 4 takes it; the capitals count.
    var message: [UInt8] { Array(#"{"Width":\#(columns),"Height":\#(rows)}"#.utf8) }
}
