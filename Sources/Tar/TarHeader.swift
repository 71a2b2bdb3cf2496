/// Writes members' headers. What a plain header has no room for goes the way of GNU tar, which every tar reads, BusyBox's
/// too: long names in members of their own (`L`, `K`), raw bytes as they are, and large numbers in base 256.
package enum TarHeader {
    /// What ends an archive.
    package static let end = [UInt8](repeating: 0, count: TarFormat.blockBytes * 2)

    /// Bytes of zeros that follow contents of that size.
    package static func padding(after size: Int64) -> Int { Int(TarFormat.padding(after: size)) }

    /// The blocks before the contents.
    package static func blocks(_ entry: TarEntry) -> [UInt8] {
        var bytes: [UInt8] = []
        if entry.linkName.count > TarFormat.linkName.count { bytes += long(entry.linkName, type: "K") }
        if entry.name.count > TarFormat.name.count { bytes += long(entry.name, type: "L") }
        return bytes + block(entry, type: type(of: entry.kind))
    }

    private static func type(of kind: TarEntry.Kind) -> Unicode.Scalar {
        switch kind {
        case .file: "0"
        case .hardLink: "1"
        case .symlink: "2"
        case .directory: "5"
        case .fifo: "6"
        }
    }

    private static func long(_ name: [UInt8], type: Unicode.Scalar) -> [UInt8] {
        let contents = name + [0]
        let size = Int64(contents.count)
        let entry = TarEntry(.file, name: Array("././@LongLink".utf8), size: size, mode: 0o644)
        return block(entry, type: type) + contents + [UInt8](repeating: 0, count: padding(after: size))
    }

    private static func block(_ entry: TarEntry, type: Unicode.Scalar) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: TarFormat.blockBytes)
        func put(_ bytes: some Sequence<UInt8>, _ field: Range<Int>) {
            for (place, byte) in zip(field, bytes) { block[place] = byte }
        }
        put(entry.name, TarFormat.name)
        put(number(Int64(entry.mode), TarFormat.mode.count), TarFormat.mode)
        put(number(Int64(entry.owner), TarFormat.owner.count), TarFormat.owner)
        put(number(Int64(entry.group), TarFormat.group.count), TarFormat.group)
        put(number(entry.size, TarFormat.size.count), TarFormat.size)
        put(number(entry.modifiedAt, TarFormat.modifiedAt.count), TarFormat.modifiedAt)
        block[TarFormat.type] = UInt8(ascii: type)
        put(entry.linkName, TarFormat.linkName)
        put(TarFormat.gnuMagic, TarFormat.magic.lowerBound..<TarFormat.magic.upperBound + 2)
        // Six digits, a NUL and a space.
        put(number(TarFormat.sum(block), TarFormat.checksum.count - 1) + [0x20], TarFormat.checksum)
        return block
    }

    /// Octal digits and a NUL, or where that is too small, or the number negative, two's complement after a marker.
    private static func number(_ value: Int64, _ width: Int) -> [UInt8] {
        let digits = width - 1
        if value >= 0, value >> Int64(digits * 3) == 0 {
            return (0..<digits).reversed().map { UInt8(ascii: "0") + UInt8(value >> Int64($0 * 3) & 7) } + [0]
        }
        var bytes = (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> Int64($0 * 8)) }
        bytes[0] = value < 0 ? 0xFF : 0x80
        return bytes
    }
}
