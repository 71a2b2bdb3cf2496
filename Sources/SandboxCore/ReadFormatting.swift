/// The text form of `read`: numbered lines, as `cat -n` of the specification has them.
package enum ReadFormatting {
    /// Lines that `read` returns when the caller names no limit.
    package static let defaultLimit = 2000
    /// Characters (Unicode scalars) of one `read`.
    package static let maximumCharacters = 200_000

    /// Lines `f"{n:>6}\t{line}"` joined by `\n`, and `\n\n... (k more lines)` when lines are left after the slice.
    ///
    /// Bytes that are not UTF-8 become U+FFFD; a `\r` stays. An empty file is `""`. Throws `invalid` for an offset past
    /// the end and `too_large` for an explicit range over `maximumCharacters`; the default range is cut there instead.
    package static func text(
        of slice: LineSlice, offset: Int, limit: Int = ReadFormatting.defaultLimit
    ) throws(SandboxError) -> String {
        if slice.totalLines == 0, offset <= 0 { return "" }
        guard offset < slice.totalLines else { throw .offsetPastEnd(offset, lines: slice.totalLines) }
        var text = ""
        for (index, line) in slice.lines.enumerated() {
            if index > 0 { text += "\n" }
            text += numbered(offset &+ index &+ 1) + "\t" + String(decoding: line, as: UTF8.self)
        }
        let left = slice.totalLines &- offset &- slice.lines.count
        if left > 0 { text += "\n\n... (\(left) more lines)" }
        return try withinCeiling(text, isDefaultRange: offset == 0 && limit == defaultLimit)
    }

    private static func numbered(_ line: Int) -> String {
        let digits = String(line)
        return String(repeating: " ", count: max(0, 6 - digits.utf8.count)) + digits
    }

    private static func withinCeiling(_ text: String, isDefaultRange: Bool) throws(SandboxError) -> String {
        let scalars = text.unicodeScalars
        // A scalar has at least one byte, so most texts need no counting.
        guard text.utf8.count > maximumCharacters, scalars.count > maximumCharacters else { return text }
        let limit = grouped(maximumCharacters)
        guard isDefaultRange else {
            throw .file(
                .tooLarge,
                "The requested range is too large to return (\(grouped(scalars.count)) chars, limit \(limit)). "
                    + "Read a smaller slice with a lower `limit`, or use `grep` to locate the part you need.")
        }
        let kept = String(String.UnicodeScalarView(scalars.prefix(maximumCharacters)))
        return kept + "\n\n... (truncated at \(limit) chars — pass a smaller `limit`/`offset` or use `grep` to read "
            + "the rest)"
    }

    /// 1234567 as `1,234,567`.
    private static func grouped(_ number: Int) -> String {
        let digits = Array(String(number).utf8)
        var result: [UInt8] = []
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(UInt8(ascii: ",")) }
            result.append(digit)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
