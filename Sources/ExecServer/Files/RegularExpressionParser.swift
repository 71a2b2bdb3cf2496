import SandboxCore

/// Reads a POSIX extended regular expression as regcomp(3) does, with GNU's escapes.
///
/// Which bytes a bracket, a `.` or an escape such as `\w` stands for is asked of regcomp(3) itself; never about more than
/// that, because it takes years for some patterns with anchors.
struct RegularExpressionParser {
    /// glibc's RE_DUP_MAX.
    private static let maximumRepetitions = 32767

    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0
    /// Of what regcomp(3) was asked.
    private var known: [ArraySlice<UInt8>: ByteSet] = [:]

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Throws `invalid` for what regcomp(3) does not accept either, with its words.
    static func parse(_ pattern: String) throws(SandboxError) -> RegularExpressionNode {
        var parser = RegularExpressionParser(Array(pattern.utf8))
        return try parser.choice()
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// Up to the end, or the `)` of the group; without a group, a `)` is a character.
    private mutating func choice() throws(SandboxError) -> RegularExpressionNode {
        var alternatives = [try sequence()]
        while next == UInt8(ascii: "|") {
            index += 1
            alternatives.append(try sequence())
        }
        return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
    }

    private mutating func sequence() throws(SandboxError) -> RegularExpressionNode {
        var parts: [RegularExpressionNode] = []
        while let byte = next, byte != UInt8(ascii: "|"), depth == 0 || byte != UInt8(ascii: ")") {
            guard !isRepetition(byte) else { throw failure("Invalid preceding regular expression") }
            // An anchor cannot be repeated, only a group of them.
            if let anchor = assertion() {
                parts.append(.assertion(anchor))
                continue
            }
            var part = try atom()
            while let (least, most) = try repetition() { part = part.repeated(from: least, to: most) }
            parts.append(part)
        }
        return .sequence(parts)
    }

    private func isRepetition(_ byte: UInt8) -> Bool { "*+?{".utf8.contains(byte) }

    /// Nil when what follows is something else.
    private mutating func assertion() -> RegularExpressionAssertion? {
        let isEscape = next == UInt8(ascii: "\\")
        let assertion: RegularExpressionAssertion? =
            switch (isEscape, isEscape && index + 1 < bytes.count ? bytes[index + 1] : next) {
            case (false, UInt8(ascii: "^")), (true, UInt8(ascii: "`")): .start
            case (false, UInt8(ascii: "$")), (true, UInt8(ascii: "'")): .end
            case (true, UInt8(ascii: "<")): .wordStart
            case (true, UInt8(ascii: ">")): .wordEnd
            case (true, UInt8(ascii: "b")): .wordEdge
            case (true, UInt8(ascii: "B")): .noWordEdge
            default: nil
            }
        if assertion != nil { index += isEscape ? 2 : 1 }
        return assertion
    }

    private mutating func atom() throws(SandboxError) -> RegularExpressionNode {
        let start = index
        index += 1
        switch bytes[start] {
        case UInt8(ascii: "("): return try group()
        case UInt8(ascii: "["):
            index = GrepPattern.bracketEnd(in: bytes, from: index)
            return .bytes(try set(bytes[start..<min(index, bytes.count)]))
        case UInt8(ascii: "."): return .bytes(try set(bytes[start..<index]))
        case UInt8(ascii: "\\"):
            guard let escaped = next else { throw failure("Trailing backslash") }
            index += 1
            return .bytes("wWsS".utf8.contains(escaped) ? try set(bytes[start..<index]) : ByteSet(escaped))
        default: return .bytes(ByteSet(bytes[start]))
        }
    }

    private mutating func group() throws(SandboxError) -> RegularExpressionNode {
        depth += 1
        let inner = try choice()
        guard next == UInt8(ascii: ")") else { throw failure("Unmatched ( or \\(") }
        index += 1
        depth -= 1
        return inner
    }

    /// Nil when none follows; an upper bound of nil is none.
    private mutating func repetition() throws(SandboxError) -> (least: Int, most: Int?)? {
        switch next {
        case UInt8(ascii: "*"): index += 1; return (0, nil)
        case UInt8(ascii: "+"): index += 1; return (1, nil)
        case UInt8(ascii: "?"): index += 1; return (0, 1)
        case UInt8(ascii: "{"): index += 1
        default: return nil
        }
        guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "}")) else { throw failure("Unmatched \\{") }
        let bounds = bytes[index..<end].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        index = end + 1
        // `{,n}` begins with none, `{n,}` has no end.
        let numbers = bounds.map { $0.isEmpty ? nil : Int(String(decoding: $0, as: UTF8.self)) }
        let least = numbers[0] ?? 0
        let most = numbers.count == 1 ? least : numbers[1]
        let areNumbers = bounds.allSatisfy { $0.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }
        guard areNumbers, numbers.count <= 2, bounds != [[]], max(least, most ?? 0) <= Self.maximumRepetitions,
            least <= most ?? least
        else { throw failure("Invalid content of \\{\\}") }
        return (least, most)
    }

    private mutating func set(_ text: ArraySlice<UInt8>) throws(SandboxError) -> ByteSet {
        if let set = known[text] { return set }
        let compiled = try CompiledExpression(String(decoding: text, as: UTF8.self))
        var set = ByteSet()
        for byte in UInt8.min...UInt8.max where withUnsafeBytes(of: byte, compiled.matches) { set.insert(byte) }
        known[text] = set
        return set
    }

    private func failure(_ problem: String) -> SandboxError {
        .invalid(
            "pattern '\(String(decoding: bytes, as: UTF8.self))' is not an extended regular expression: \(problem)")
    }
}
