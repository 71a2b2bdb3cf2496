/// Cuts a stream of bytes where no UTF-8 character is split: the beginning of a character at the end of a piece waits
/// for the next one.
package struct UTF8Tail: Sendable {
    /// At most 3 bytes: a character has at most 4 (RFC 3629, section 3).
    private var pending: [UInt8] = []

    package init() {}

    /// What can be sent now.
    package mutating func add(_ bytes: [UInt8]) -> [UInt8] {
        let all = pending + bytes
        let incomplete = Self.incompleteSuffix(all)
        pending = Array(all.suffix(incomplete))
        return Array(all.dropLast(incomplete))
    }

    /// What is left when the stream ends, however incomplete.
    package mutating func finish() -> [UInt8] {
        defer { pending = [] }
        return pending
    }

    /// How many bytes at the end begin a character whose rest has not come yet.
    private static func incompleteSuffix(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            let length: Int
            switch byte {
            case 0x80...0xBF: continue
            case 0xC2...0xDF: length = 2
            case 0xE0...0xEF: length = 3
            case 0xF0...0xF4: length = 4
            default: return 0
            }
            return length > back ? back : 0
        }
        return 0
    }
}
