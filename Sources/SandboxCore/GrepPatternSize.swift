/// Measures an extended regular expression (POSIX.1-2017 XBD 9.4) as if its repetitions were written out, which glibc does
/// before it looks at the rest: `a+` is `aa*` to it, so each further `+` doubles what is before it.
struct GrepPatternSize {
    struct Part {
        /// Characters.
        var size = 0
        /// Endless repetitions of what may be empty, such as `(a*)*`.
        var loops = 0
        /// Places where there is more than one way on: `?`, `*`, `+`, `|`, and each copy of `{m,n}` that may be left out.
        var choices = 0
        /// Those of them where what may be left out may be empty as well, as in `(a?)?`.
        var emptyChoices = 0
        /// Whether the empty string matches; in a group, its last alternative.
        var isNullable = true
        var hasNullableAlternative = false
    }

    private let bytes: [UInt8]
    private var index = 0
    /// The enclosing groups before the group that is open; the last is the innermost.
    private var outer: [Part] = []
    private var group = Part()
    /// What a repetition would repeat.
    private var atom = Part()
    private var isNullableBeforeAtom = true
    /// Whether the expression asks where it is: `^`, `$`, `\b` …
    private(set) var hasAnchors = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Of a pattern whose parentheses do not match, too: it is written out before the engine finds that.
    mutating func measure() throws(SandboxError) -> Part {
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\\"): try escape()
            case UInt8(ascii: "["): bracket()
            case UInt8(ascii: "("):
                // The engines parse groups recursively.
                guard outer.count < 200 else { throw .invalid("pattern must not nest groups deeper than 200") }
                outer.append(group)
                (group, atom, isNullableBeforeAtom) = (Part(), Part(), true)
            case UInt8(ascii: ")"): closeGroup()
            case UInt8(ascii: "|"):
                group.hasNullableAlternative = group.hasNullableAlternative || group.isNullable
                (group.size, group.isNullable) = (Self.sum(group.size, 1), true)
                group.choices = Self.sum(group.choices, 1)
            case UInt8(ascii: "{"): repetition()
            case UInt8(ascii: "*"): repeatAtom(1, isEndless: true, mayBeNone: true)
            case UInt8(ascii: "+"): repeatAtom(2, isEndless: true, mayBeNone: false)
            case UInt8(ascii: "?"): repeatAtom(1, isEndless: false, mayBeNone: true)
            case UInt8(ascii: "^"), UInt8(ascii: "$"): anchor()
            default: add(Part(size: 1, isNullable: false))
            }
        }
        return outer.reduce(group) { sum, part in
            Part(
                size: Self.sum(sum.size, part.size), loops: Self.sum(sum.loops, part.loops),
                choices: Self.sum(sum.choices, part.choices),
                emptyChoices: Self.sum(sum.emptyChoices, part.emptyChoices))
        }
    }

    private mutating func add(_ part: Part) {
        isNullableBeforeAtom = group.isNullable
        atom = part
        group.size = Self.sum(group.size, part.size)
        group.loops = Self.sum(group.loops, part.loops)
        group.choices = Self.sum(group.choices, part.choices)
        group.emptyChoices = Self.sum(group.emptyChoices, part.emptyChoices)
        group.isNullable = isNullableBeforeAtom && part.isNullable
    }

    private mutating func anchor() {
        hasAnchors = true
        add(Part(size: 1))
    }

    private mutating func closeGroup() {
        guard let before = outer.popLast() else { return add(Part(size: 1, isNullable: false)) }
        let inner = group
        group = before
        add(
            Part(
                size: max(1, inner.size), loops: inner.loops, choices: inner.choices,
                emptyChoices: inner.emptyChoices,
                isNullable: inner.isNullable || inner.hasNullableAlternative))
    }

    private mutating func escape() throws(SandboxError) {
        guard index < bytes.count else { return }
        guard !(UInt8(ascii: "1")...UInt8(ascii: "9")).contains(bytes[index]) else {
            throw .invalid("pattern must not contain back-references: extended regular expressions have none")
        }
        index += 1
        // GNU's anchors.
        if "bB<>`'".utf8.contains(bytes[index - 1]) { anchor() } else { add(Part(size: 1, isNullable: false)) }
    }

    private mutating func bracket() {
        index = GrepPattern.bracketEnd(in: bytes, from: index)
        add(Part(size: 1, isNullable: false))
    }

    /// `{m}`, `{m,}` and `{m,n}`; anything else is for the engine to judge.
    private mutating func repetition() {
        guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "}")) else {
            return add(Part(size: 1, isNullable: false))
        }
        let bounds = bytes[index..<end]
        let numbers = bounds.split(separator: UInt8(ascii: ",")).map {
            $0.reduce(0) { min(100_000, $0 * 10 + Int($1 & 15)) }
        }
        index = end + 1
        // What has no upper bound ends with one more, which may repeat.
        let isEndless = bounds.last == UInt8(ascii: ",")
        let most = numbers.max() ?? 1
        let least = bounds.first == UInt8(ascii: ",") ? 0 : numbers.first ?? 1
        repeatAtom(
            max(1, most) + (isEndless ? 1 : 0), isEndless: isEndless, mayBeNone: least == 0,
            choices: isEndless ? 1 : max(0, most - least))
    }

    /// `choices`: how many of the copies may be left out, or repeated.
    private mutating func repeatAtom(_ copies: Int, isEndless: Bool, mayBeNone: Bool, choices: Int = 1) {
        let emptyChoices = Self.sum(Self.product(atom.emptyChoices, copies), atom.isNullable ? choices : 0)
        let choices = Self.sum(Self.product(atom.choices, copies), choices)
        let loops = Self.sum(Self.product(atom.loops, copies), isEndless && atom.isNullable ? 1 : 0)
        let size = Self.product(atom.size, copies)
        group.size = Self.sum(group.size, max(1, size - atom.size))
        group.loops = Self.sum(group.loops, loops - atom.loops)
        group.choices = Self.sum(group.choices, choices - atom.choices)
        group.emptyChoices = Self.sum(group.emptyChoices, emptyChoices - atom.emptyChoices)
        atom = Part(
            size: size, loops: loops, choices: choices, emptyChoices: emptyChoices,
            isNullable: atom.isNullable || mayBeNone)
        group.isNullable = isNullableBeforeAtom && atom.isNullable
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (value, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : value
    }

    private static func product(_ left: Int, _ right: Int) -> Int {
        let (value, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : value
    }
}
