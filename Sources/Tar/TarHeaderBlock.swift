/// A header block of an archive, taken apart.
struct TarHeaderBlock {
    let type: Unicode.Scalar
    /// Bytes that follow.
    let size: Int64
    private let block: ArraySlice<UInt8>

    /// Throws for a block whose checksum or size is wrong.
    init(_ block: ArraySlice<UInt8>) throws(TarError) {
        self.block = block
        type = Unicode.Scalar(block[block.startIndex + TarFormat.type])
        guard let sum = Self.number(Self.field(block, TarFormat.checksum)),
            sum == TarFormat.sum(block) || sum == Self.signedSum(block)
        else { throw TarError("it is damaged, or no tar archive: a header's checksum is wrong") }
        guard let size = Self.number(Self.field(block, TarFormat.size)), Self.sizes.contains(size) else {
            throw TarError("a header of it has no size that can be")
        }
        self.size = size
    }

    /// The member, and the bytes that follow without being its contents.
    func entry(_ attributes: TarAttributes) throws(TarError) -> (TarEntry, skipped: Int64) {
        let name = attributes.name ?? self.name
        let kind = try kind(name)
        let size = attributes.size ?? size
        guard Self.sizes.contains(size) else { throw TarError("a header of it has no size that can be") }
        let written = try number(TarFormat.modifiedAt)
        let link = kind == .symlink || kind == .hardLink
        let entry = TarEntry(
            kind, name: name, linkName: link ? attributes.linkName ?? Self.text(field(TarFormat.linkName)) : [],
            size: kind == .file ? size : 0, mode: UInt32(truncatingIfNeeded: try number(TarFormat.mode) & 0o7777),
            modifiedAt: attributes.modifiedAt ?? written,
            owner: UInt32(truncatingIfNeeded: try number(TarFormat.owner)),
            group: UInt32(truncatingIfNeeded: try number(TarFormat.group)))
        // Old writers put the other file's size into a hard link's header, and no contents behind it.
        return (entry, kind == .file || kind == .hardLink ? 0 : size)
    }

    private func kind(_ name: [UInt8]) throws(TarError) -> TarEntry.Kind {
        switch type {
        // Before there were directories' own headers, a slash at the end made one.
        case "0", "\0", "7": return name.last == UInt8(ascii: "/") ? .directory : .file
        case "1": return .hardLink
        case "2": return .symlink
        case "5": return .directory
        case "6": return .fifo
        case "3", "4": throw TarError("'\(String(decoding: name, as: UTF8.self))' in it is a device")
        case "S": throw TarError.sparse
        default:
            throw TarError(
                "'\(String(decoding: name, as: UTF8.self))' in it is of a kind ('\(type.escaped(asASCII: true))') that "
                    + "only some tars know")
        }
    }

    private var name: [UInt8] {
        let name = Self.text(field(TarFormat.name))
        guard field(TarFormat.magic).elementsEqual(TarFormat.ustarMagic) else { return name }
        let prefix = Self.text(field(TarFormat.prefix))
        return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }

    private func number(_ range: Range<Int>) throws(TarError) -> Int64 {
        guard let number = Self.number(field(range)) else { throw TarError("a number in a header of it is damaged") }
        return number
    }

    private func field(_ range: Range<Int>) -> ArraySlice<UInt8> { Self.field(block, range) }

    /// Far more than there can be, and far from an overflow.
    private static let sizes: ClosedRange<Int64> = 0...(1 << 60)

    private static func field(_ block: ArraySlice<UInt8>, _ range: Range<Int>) -> ArraySlice<UInt8> {
        block[(block.startIndex + range.lowerBound)..<(block.startIndex + range.upperBound)]
    }

    /// Up to the NUL, or the whole field.
    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

    /// Octal digits between spaces and NULs (none: 0), or, marked by the highest bit, base 256. Nil for anything else.
    private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        if let first = field.first, first & 0x80 != 0 {
            // Two's complement without the marker's bit.
            var value = Int64(Int8(bitPattern: first << 1) >> 1)
            for byte in field.dropFirst() {
                let (high, isOver) = value.multipliedReportingOverflow(by: 256)
                if isOver { return nil }
                value = high | Int64(byte)
            }
            return value
        }
        let text = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        var value: Int64 = 0
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte) else { return nil }
            value = value << 3 | Int64(byte & 7)
        }
        return value
    }

    /// As some old tars took it.
    private static func signedSum(_ block: ArraySlice<UInt8>) -> Int64 {
        let negative = block.enumerated().count { $1 >= 0x80 && !TarFormat.checksum.contains($0) }
        return TarFormat.sum(block) - 256 * Int64(negative)
    }
}
