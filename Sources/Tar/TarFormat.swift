/// The layout of a header block: POSIX.1-1988 ustar (pax(1), "ustar Interchange Format"), and GNU's and pax's additions.
enum TarFormat {
    static let blockBytes = 512

    static let name = 0..<100
    static let mode = 100..<108
    static let owner = 108..<116
    static let group = 116..<124
    static let size = 124..<136
    static let modifiedAt = 136..<148
    static let checksum = 148..<156
    static let type = 156
    static let linkName = 157..<257
    static let magic = 257..<263
    static let prefix = 345..<500

    /// What makes `prefix` the beginning of the name; GNU's own magic has other things there.
    static let ustarMagic = Array("ustar\0".utf8)
    /// With its version, two bytes on.
    static let gnuMagic = Array("ustar  \0".utf8)

    /// Zeros behind contents, up to a whole block.
    static func padding(after size: Int64) -> Int64 {
        let over = size % Int64(blockBytes)
        return over == 0 ? 0 : Int64(blockBytes) - over
    }

    /// The sum of a header's bytes with its checksum field taken for spaces.
    static func sum(_ block: some Sequence<UInt8>) -> Int64 {
        var sum: Int64 = 0
        for (index, byte) in block.enumerated() { sum += checksum.contains(index) ? 0x20 : Int64(byte) }
        return sum
    }
}
