/// A JSON text and the values in it, each known by where it is.
final class JSONText: Sendable {
    let bytes: ArraySlice<UInt8>
    /// Of the outermost value, where they were looked for already.
    let members: JSONMembers?

    /// Of every value in it, as in `JSONOutline`.
    private let maximumParts: Int

    init(_ bytes: ArraySlice<UInt8>, members: JSONMembers? = nil, maximumParts: Int = .max) {
        self.bytes = bytes
        self.members = members
        self.maximumParts = maximumParts
    }

    /// What is where in one value, whose text must have been checked before.
    func outline(_ range: Range<Int>) throws(JSONSyntaxError) -> JSONOutline {
        try JSONScanner.scan(bytes[range], checksValues: false) { (scanner) throws(JSONSyntaxError) in
            try scanner.outline(maximumParts: maximumParts)
        }
    }

    /// What a string says. `text`: checked, and with its quotation marks.
    static func string(_ text: UnsafeBufferPointer<UInt8>) throws(JSONSyntaxError) -> String {
        let content = UnsafeBufferPointer(rebasing: text[1..<text.count - 1])
        guard let escape = content.firstIndex(of: UInt8(ascii: "\\")) else {
            return String(decoding: content, as: UTF8.self)
        }
        return try unescaped(content, from: escape)
    }

    static func string(_ text: ArraySlice<UInt8>) throws(JSONSyntaxError) -> String {
        try text.withUnsafeBufferPointer { (text) throws(JSONSyntaxError) in try string(text) }
    }

    /// Nil for what is no whole number of this type, or is written with a fraction or exponent.
    static func integer<T: FixedWidthInteger>(_ text: ArraySlice<UInt8>, as type: T.Type) -> T? {
        var digits = text
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        var value: T = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let digit = T(truncatingIfNeeded: byte - UInt8(ascii: "0"))
            let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            // Downwards, for the smallest number has no positive twin.
            let (next, isBeyond) =
                isNegative
                ? tenfold.subtractingReportingOverflow(digit) : tenfold.addingReportingOverflow(digit)
            guard !isTooLarge, !isBeyond else { return nil }
            value = next
        }
        return value
    }

    /// Nil for what is no number; infinite for one that is too large.
    func number(_ range: Range<Int>) -> Double? {
        let first = bytes[range.lowerBound]
        guard first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        return Double(String(decoding: bytes[range], as: UTF8.self))
    }

    /// RFC 8259, section 7. `escape`: the first reverse solidus.
    private static func unescaped(
        _ content: UnsafeBufferPointer<UInt8>, from escape: Int
    ) throws(JSONSyntaxError) -> String {
        var text = Array(content[..<escape])
        text.reserveCapacity(content.count)
        var position = escape
        while position < content.endIndex {
            let byte = content[position]
            position += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            let kind = content[position]
            position += 1
            switch kind {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                let scalar = try scalar(in: content, at: &position)
                text.append(contentsOf: String(Character(scalar)).utf8)
            default: text.append(kind)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What stands behind `\u`: one UTF-16 code unit, or a surrogate pair with another `\u` between.
    private static func scalar(
        in content: UnsafeBufferPointer<UInt8>, at position: inout Int
    ) throws(JSONSyntaxError) -> UnicodeScalar {
        let start = position
        let first = unit(in: content, at: &position)
        if let scalar = UnicodeScalar(first) { return scalar }
        if UTF16.isLeadSurrogate(first),
            content[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
        {
            position += 2
            let second = unit(in: content, at: &position)
            if UTF16.isTrailSurrogate(second) {
                let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
                if let scalar = UnicodeScalar(value) { return scalar }
            }
        }
        throw JSONSyntaxError(message: "half a surrogate pair in a string", offset: start)
    }

    /// Four hexadecimal digits, which were checked before.
    private static func unit(in content: UnsafeBufferPointer<UInt8>, at position: inout Int) -> UInt16 {
        defer { position += 4 }
        return content[position..<position + 4].reduce(0) { $0 << 4 | UInt16(Self.digit($1)) }
    }

    private static func digit(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: byte - UInt8(ascii: "A") + 10
        }
    }
}
