/// One component of a glob pattern: what a single name must look like.
struct GlobSegment: Hashable, Sendable {
    enum Token: Hashable, Sendable {
        case literal(UInt32)
        case any
        case star
        case oneOf([ClosedRange<UInt32>], negated: Bool)
    }

    private(set) var tokens: [Token] = []

    static let anything = Self(tokens: [.star])

    private init(tokens: [Token]) { self.tokens = tokens }

    init(pattern: some RandomAccessCollection<UInt8>) {
        let units = UTF8Units.decode(pattern)
        var index = 0
        while index < units.count {
            switch units[index] {
            case "*":
                if tokens.last != .star { tokens.append(.star) }
            case "?": tokens.append(.any)
            case "\\" where index + 1 < units.count:
                index += 1
                tokens.append(.literal(units[index]))
            case "[":
                if let (token, end) = Self.bracket(in: units, at: index) {
                    tokens.append(token)
                    index = end
                } else {
                    tokens.append(.literal(units[index]))
                }
            default: tokens.append(.literal(units[index]))
            }
            index += 1
        }
    }

    /// The name itself when the segment has no wildcard.
    var literalName: [UInt8]? {
        var name: [UInt8] = []
        for token in tokens {
            guard case .literal(let unit) = token else { return nil }
            name += UTF8Units.encode(unit)
        }
        return name
    }

    /// Whether the whole name matches: at most name × tokens steps, since only the last star is ever tried again.
    func matches(_ name: [UInt32]) -> Bool {
        var token = 0
        var position = 0
        var retry: (token: Int, position: Int)?
        while position < name.count {
            if token < tokens.count, tokens[token] == .star {
                retry = (token + 1, position)
                token += 1
            } else if token < tokens.count, accepts(tokens[token], name[position]) {
                token += 1
                position += 1
            } else if let again = retry {
                retry = (again.token, again.position + 1)
                (token, position) = (again.token, again.position + 1)
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { $0 == .star }
    }

    private func accepts(_ token: Token, _ unit: UInt32) -> Bool {
        switch token {
        case .literal(let wanted): wanted == unit
        case .any: true
        case .star: false
        case .oneOf(let ranges, let negated): ranges.contains { $0.contains(unit) } != negated
        }
    }

    /// `[…]` as glob(7) has it: `!` or `^` negates, a `]` first and a `-` first or last stand for themselves. Nil when
    /// no `]` follows: then the `[` stands for itself.
    private static func bracket(in units: [UInt32], at start: Int) -> (token: Token, end: Int)? {
        var index = start + 1
        var negated = false
        if index < units.count, units[index] == "!" || units[index] == "^" {
            negated = true
            index += 1
        }
        var ranges: [ClosedRange<UInt32>] = []
        let first = index
        while index < units.count {
            if units[index] == "]", index > first { return (.oneOf(ranges, negated: negated), index) }
            guard let (low, afterLow) = member(in: units, at: index) else { return nil }
            index = afterLow
            let isRange = index + 1 < units.count && units[index] == "-" && units[index + 1] != "]"
            if isRange, let (high, afterHigh) = member(in: units, at: index + 1) {
                // A range the wrong way round holds nothing (POSIX leaves it undefined).
                if low <= high { ranges.append(low...high) }
                index = afterHigh
            } else {
                ranges.append(low...low)
            }
        }
        return nil
    }

    private static func member(in units: [UInt32], at index: Int) -> (unit: UInt32, next: Int)? {
        guard index < units.count else { return nil }
        guard units[index] == "\\", index + 1 < units.count else { return (units[index], index + 1) }
        return (units[index + 1], index + 2)
    }
}

private func ~= (scalar: Unicode.Scalar, unit: UInt32) -> Bool { scalar.value == unit }
private func == (unit: UInt32, scalar: Unicode.Scalar) -> Bool { unit == scalar.value }
private func != (unit: UInt32, scalar: Unicode.Scalar) -> Bool { unit != scalar.value }

extension GlobSegment {
    /// For fnmatch(3) in the C locale: every byte of a literal after a backslash unless it is plain, `*` for the rest.
    var nameFilter: String {
        var text = ""
        for token in tokens {
            if case .literal(let unit) = token, unit < 0x80, let scalar = Unicode.Scalar(unit) {
                let isPlain =
                    Character(scalar).isLetter || Character(scalar).isNumber || "._-".contains(Character(scalar))
                text += isPlain ? String(scalar) : "\\" + String(scalar)
            } else if text.last != "*" || text.hasSuffix("\\*") {
                text += "*"
            }
        }
        return text
    }
}
