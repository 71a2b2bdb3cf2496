/// A name as a matcher sees it: one unit for each well-formed UTF-8 character (Unicode 15, table 3-7), and one for each
/// byte that belongs to none, so that names of any bytes can be matched and different bytes never look the same.
enum UTF8Units {
    /// Above every Unicode scalar value.
    private static let strayByte: UInt32 = 0x8000_0000

    static func decode(_ bytes: some RandomAccessCollection<UInt8>) -> [UInt32] {
        var units: [UInt32] = []
        units.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let lead = rest.first {
            if let (scalar, length) = character(at: rest) {
                units.append(scalar)
                rest = rest.dropFirst(length)
            } else {
                units.append(strayByte | UInt32(lead))
                rest = rest.dropFirst()
            }
        }
        return units
    }

    /// The bytes of a unit that `decode` made.
    static func encode(_ unit: UInt32) -> [UInt8] {
        if unit & strayByte != 0 { return [UInt8(truncatingIfNeeded: unit)] }
        return Unicode.Scalar(unit).map { Array(String(Character($0)).utf8) } ?? []
    }

    private static func character(at bytes: some RandomAccessCollection<UInt8>) -> (scalar: UInt32, length: Int)? {
        guard let lead = bytes.first else { return nil }
        if lead < 0x80 { return (UInt32(lead), 1) }
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        let tail = Array(bytes.prefix(length).dropFirst())
        guard tail.count == length - 1, second.contains(tail[0]) else { return nil }
        guard tail.dropFirst().allSatisfy({ (0x80...0xBF).contains($0) }) else { return nil }
        // 5, 4 and 3 bits of the lead byte for 2, 3 and 4 bytes.
        let leadBits = UInt32(lead) & (0x7F >> UInt32(length))
        return (tail.reduce(leadBits) { $0 << 6 | UInt32($1 & 0x3F) }, length)
    }
}
