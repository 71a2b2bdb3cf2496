/// Where the plain bytes of a JSON string end: at a quotation mark, a reverse solidus or a control character (RFC 8259,
/// section 7). Looks at eight bytes at a time.
enum JSONPlainText {
    /// How many of the bytes at `start`, at most `count`, are plain.
    @inline(__always)
    static func length(_ start: UnsafePointer<UInt8>, count: Int) -> Int {
        let bytes = UnsafeRawPointer(start)
        var length = 0
        while length + 8 <= count {
            let special = specialBytes(
                of: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: length, as: UInt64.self)))
            // Only the first one found is certain, and no other is asked for.
            guard special == 0 else { return length + special.trailingZeroBitCount / 8 }
            length += 8
        }
        while length < count, !isSpecial(start[length]) { length += 1 }
        return length
    }

    @inline(__always)
    static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Has the highest bit of each byte that is special, and perhaps of some above the first that is. A byte is less than
    /// n ≤ 128 where subtracting n borrows from its highest bit, and equal to another where their difference is less
    /// than 1.
    @inline(__always)
    private static func specialBytes(of word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let mark = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let solidus = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let less = (word &- ones &* 0x20) & ~word | (mark &- ones) & ~mark | (solidus &- ones) & ~solidus
        return less & (ones &* 0x80)
    }
}
