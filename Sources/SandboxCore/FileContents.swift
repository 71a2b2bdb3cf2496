/// Lines of a text file, as `read` needs them.
package struct LineSlice: Hashable, Sendable {
    /// The lines without their `\n`; a `\r` before it stays.
    package var lines: [[UInt8]]
    /// Lines in the whole file. A last line without `\n` counts; an empty file has none.
    package var totalLines: Int

    package init(lines: [[UInt8]], totalLines: Int) {
        self.lines = lines
        self.totalLines = totalLines
    }
}

/// A byte range of a file.
package struct ByteSlice: Hashable, Sendable {
    package var bytes: [UInt8]
    /// Bytes in the whole file.
    package var size: Int64
    package var isAtEnd: Bool

    package init(bytes: [UInt8], size: Int64, isAtEnd: Bool) {
        self.bytes = bytes
        self.size = size
        self.isAtEnd = isAtEnd
    }
}
