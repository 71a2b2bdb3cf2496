import SandboxCore

/// A POSIX extended regular expression as regcomp(3) understands it, on bytes as in the C locale.
///
/// regexec(3) does not search: on a line of a kilobyte some patterns of a hundred characters take it seconds and a hundred
/// megabytes, and both grow with the square of the line's length. Here time grows with the line's length alone, and
/// memory is bounded. Not for several threads at once: it learns as it searches.
final class ExtendedRegularExpression {
    /// Longer lines are not searched beyond this: a search within a line cannot be interrupted, and a large expression
    /// takes some microseconds for a byte. 1 MiB for most, 64 KiB for the largest.
    let maximumLineBytes: Int
    private var automaton: RegularExpressionAutomaton

    /// Throws `invalid` with what is wrong with the pattern.
    init(_ pattern: String) throws(SandboxError) {
        let size = try GrepPattern.check(pattern)
        maximumLineBytes = max(1 << 16, min(1 << 20, (1 << 26) / size))
        automaton = RegularExpressionAutomaton(
            RegularExpressionProgram(try RegularExpressionParser.parse(pattern)))
    }

    /// Whether the line, without its newline, has a match.
    func matches(_ line: UnsafeRawBufferPointer) -> Bool { automaton.matches(line) }
}
