/// The rules that a pattern of `grep` must keep before any engine sees it: what makes one slow or huge is refused.
///
/// Matching is done on bytes, as in the C locale, so that it is the same in every image: `.` is one byte, and a class
/// of characters beyond ASCII matches their single bytes.
package enum GrepPattern {
    package static let maximumBytes = 4096
    /// Characters of the pattern once its `{m,n}` and `+` are written out; glibc and musl both write them out in memory.
    package static let maximumExpandedSize = 1000

    /// Endless repetitions of what may be empty, as in `(a*)*`, once written out. From an anchor glibc follows all ways
    /// through them, which takes it seconds for six and years for twenty.
    package static let maximumLoopsBesideAnchors = 4

    /// Ways on in a pattern that has such a repetition, once written out. What leads into one of them is looked at anew on
    /// each way there when glibc compiles the pattern: it takes milliseconds for this many and doubles with each further.
    package static let maximumChoicesBesideLoops = 24

    /// Choices beside an anchor to leave out what may be empty, as in `^(a?)?`, once written out: glibc copies what follows
    /// an anchor for each way through them, 40 MB for two hundred and a gigabyte for a thousand.
    package static let maximumEmptyChoicesBesideAnchors = 48

    /// Returns the expanded size, at least 1, to which the time for each byte is proportional at worst.
    ///
    /// Throws `invalid`: too long, a NUL or newline (lines are searched one by one), a back-reference (not part of
    /// extended expressions, and the reason why some searches never end), or repetitions that multiply too far.
    @discardableResult
    package static func check(_ pattern: String) throws(SandboxError) -> Int {
        let bytes = Array(pattern.utf8)
        guard bytes.count <= maximumBytes else {
            throw .invalid("pattern must not be longer than \(maximumBytes) bytes, this one has \(bytes.count)")
        }
        guard !bytes.contains(0) else { throw .invalid("pattern must not contain a NUL byte") }
        guard !bytes.contains(UInt8(ascii: "\n")) else {
            throw .invalid("pattern must not contain a newline: lines are searched one by one")
        }
        var size = GrepPatternSize(bytes)
        let whole = try size.measure()
        guard whole.size <= maximumExpandedSize else {
            throw .invalid(
                "pattern repeats too much: its {m,n} and + stand for more than \(maximumExpandedSize) characters")
        }
        guard whole.loops == 0 || whole.choices <= maximumChoicesBesideLoops else {
            throw .invalid(
                "pattern repeats what may be empty, as (a*)* does, among more than \(maximumChoicesBesideLoops) of "
                    + "'?', '*', '+' and '|'; repeat what is not empty, as in (a+)*")
        }
        guard
            !size.hasAnchors
                || whole.loops <= maximumLoopsBesideAnchors && whole.emptyChoices <= maximumEmptyChoicesBesideAnchors
        else {
            throw .invalid("pattern repeats what may be empty too often for one with '^', '$' or the like")
        }
        return max(1, whole.size)
    }

    /// Where the pattern goes on after the `[…]` whose first byte after the `[` is at `start`; beyond the end where it
    /// has none. A `]` first is a member, and `[:class:]`, `[.x.]`, `[=x=]` have brackets of their own.
    package static func bracketEnd(in bytes: [UInt8], from start: Int) -> Int {
        var index = start
        if index < bytes.count, bytes[index] == UInt8(ascii: "^") { index += 1 }
        if index < bytes.count, bytes[index] == UInt8(ascii: "]") { index += 1 }
        while index < bytes.count, bytes[index] != UInt8(ascii: "]") {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            let isClass = bytes[index] == UInt8(ascii: "[") && [UInt8](":.=".utf8).contains(next)
            if isClass, let end = classEnd(in: bytes, from: index + 2, kind: next) { index = end } else { index += 1 }
        }
        return index + 1
    }

    private static func classEnd(in bytes: [UInt8], from start: Int, kind: UInt8) -> Int? {
        var at = start
        while at + 1 < bytes.count {
            if bytes[at] == kind, bytes[at + 1] == UInt8(ascii: "]") { return at + 2 }
            at += 1
        }
        return nil
    }
}
