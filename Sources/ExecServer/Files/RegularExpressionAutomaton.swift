/// Runs a program without going back: each byte leads from one set of the program's steps to the next. Such sets, its
/// states, are kept with where they lead to, so that most bytes cost one look into a table.
///
/// Which states there are is found as they are needed. A pattern can have more than there is memory for: beyond
/// `maximumBytes` all are forgotten, and found again.
struct RegularExpressionAutomaton {
    /// For the states: the tables of thousands.
    private static let maximumBytes = 8 << 20
    private static let unknown: Int32 = -1
    private static let matched: Int32 = -2

    private let program: RegularExpressionProgram
    /// Bytes that no step tells apart are of one class.
    private let classes: [UInt8]
    /// One byte of each class.
    private let representatives: [UInt8]
    /// Whether a class is of letters, digits and `_`.
    private let isWord: [Bool]

    /// For each state, where each class of bytes and then the end of the line lead to: the place of another state in this
    /// table, `unknown` or `matched`.
    private var transitions: [Int32] = []
    /// The steps a state is at, one bit each, before it is looked where these lead without a byte; and in the last word
    /// what kind of byte was before.
    private var keys: [[UInt64]] = []
    private var places: [[UInt64]: Int32] = [:]
    private var initial: Int32 = 0

    /// When a step was last reached, to visit each once.
    private var visits: [UInt32]
    private var visit: UInt32 = 0
    private var pending: [Int] = []

    private enum Before: UInt64 {
        case nothing, word, other

        var isWord: Bool? { self == .nothing ? nil : self == .word }
    }

    init(_ program: RegularExpressionProgram) {
        self.program = program
        var words = ByteSet()
        for byte in UInt8.min...UInt8.max where Self.isWordByte(byte) { words.insert(byte) }
        let sets = program.sets + (program.hasWordAssertions ? [words] : [])
        var (classes, representatives) = ([UInt8](repeating: 0, count: 256), [UInt8(0)])
        for set in sets {
            // Each class is split into the bytes within the set, and those without.
            var split: [Int: UInt8] = [:]
            let old = classes
            representatives = []
            for byte in UInt8.min...UInt8.max {
                let key = Int(old[Int(byte)]) * 2 + (set.contains(byte) ? 1 : 0)
                if split[key] == nil {
                    split[key] = UInt8(representatives.count)
                    representatives.append(byte)
                }
                classes[Int(byte)] = split[key] ?? 0
            }
        }
        self.classes = classes
        self.representatives = representatives
        isWord = representatives.map(Self.isWordByte)
        visits = [UInt32](repeating: 0, count: program.steps.count)
        reset()
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private var stride: Int { representatives.count + 1 }

    /// Whether the line has a match somewhere.
    mutating func matches(_ line: UnsafeRawBufferPointer) -> Bool {
        var (index, place) = (0, initial)
        while true {
            let outcome = follow(line, &index, &place)
            if outcome == Self.matched { return true }
            if index > line.count { return false }
            // Unknown as yet: the state at `place` with the byte at `index`, or the end.
            let target = advance(place, index < line.count ? Int(classes[Int(line[index])]) : stride - 1)
            if target == Self.matched { return true }
            place = target
            index += 1
            if index > line.count { return false }
        }
    }

    /// Goes on until what comes next is not known, until a match, or beyond the end of the line.
    private func follow(_ line: UnsafeRawBufferPointer, _ index: inout Int, _ place: inout Int32) -> Int32 {
        transitions.withUnsafeBufferPointer { transitions in
            classes.withUnsafeBufferPointer { classes in
                while index < line.count {
                    let target = transitions[Int(place) + Int(classes[Int(line[index])])]
                    guard target >= 0 else { return target }
                    place = target
                    index += 1
                }
                let target = transitions[Int(place) + stride - 1]
                if target >= 0 { index += 1 }
                return target
            }
        }
    }

    /// Finds where the class of bytes (or the end, the last) leads to from the state at `place`, and notes it.
    private mutating func advance(_ place: Int32, _ byteClass: Int) -> Int32 {
        let key = keys[Int(place) / stride]
        let isEnd = byteClass == stride - 1
        let target: Int32
        if let next = reach(from: key, isEnd ? nil : byteClass) {
            let isFull = keys.count * bytesPerState >= Self.maximumBytes
            if isFull, places[next] == nil {
                reset()
                return insert(next)
            }
            target = insert(next)
        } else {
            target = Self.matched
        }
        transitions[Int(place) + byteClass] = target
        return target
    }

    /// The key of the next state; nil for a match. `byteClass` is nil at the end, where any key stands for no match.
    private mutating func reach(from key: [UInt64], _ byteClass: Int?) -> [UInt64]? {
        let before = Before(rawValue: key[key.count - 1]) ?? .other
        let after = byteClass.map { isWord[$0] }
        var next = [UInt64](repeating: 0, count: key.count)
        visit &+= 1
        if visit == 0 {
            visits = [UInt32](repeating: 0, count: visits.count)
            visit = 1
        }
        // A match may begin anywhere.
        pending.append(program.start)
        for (index, word) in key.dropLast().enumerated() {
            var word = word
            while word != 0 {
                pending.append(index * 64 + word.trailingZeroBitCount)
                word &= word - 1
            }
        }
        while let step = pending.popLast() {
            guard visits[step] != visit else { continue }
            visits[step] = visit
            switch program.steps[step] {
            case .bytes(let set, let following):
                if let byteClass, program.sets[set].contains(representatives[byteClass]) {
                    next[following >> 6] |= 1 << UInt64(following & 63)
                }
            case .either(let one, let other):
                pending.append(one)
                pending.append(other)
            case .assertion(let assertion, let following):
                if assertion.holds(afterWord: before.isWord, beforeWord: after) { pending.append(following) }
            case .match:
                pending.removeAll(keepingCapacity: true)
                return nil
            }
        }
        next[next.count - 1] = (after == true && program.hasWordAssertions ? Before.word : .other).rawValue
        return next
    }

    /// With the dictionary's and the arrays' own overhead.
    private var bytesPerState: Int { stride * 4 + (program.steps.count / 64 + 2) * 8 + 128 }

    private mutating func insert(_ key: [UInt64]) -> Int32 {
        if let place = places[key] { return place }
        let place = Int32(transitions.count)
        transitions.append(contentsOf: repeatElement(Self.unknown, count: stride))
        keys.append(key)
        places[key] = place
        return place
    }

    private mutating func reset() {
        transitions.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        var key = [UInt64](repeating: 0, count: program.steps.count / 64 + 2)
        key[key.count - 1] = Before.nothing.rawValue
        initial = insert(key)
    }
}
