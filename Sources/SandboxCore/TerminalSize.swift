/// The size of a terminal in characters.
package struct TerminalSize: Hashable, Sendable {
    package let columns: UInt16
    package let rows: UInt16

    /// Throws `SandboxError` of kind `invalid` for a size that the kernel cannot hold (ioctl_tty(2), `struct winsize`),
    /// or one of nothing.
    package init(columns: Int, rows: Int) throws(SandboxError) {
        guard let wide = UInt16(exactly: columns), let high = UInt16(exactly: rows), wide > 0, high > 0 else {
            throw .invalid("cols and rows must be from 1 to 65535, these are \(columns) and \(rows)")
        }
        self.columns = wide
        self.rows = high
    }
}
