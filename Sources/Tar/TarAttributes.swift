/// What a header of its own (`x`, `g`, `L`, `K`) says about the member after it, or about all that follow.
struct TarAttributes {
    var name: [UInt8]?
    var linkName: [UInt8]?
    var size: Int64?
    var modifiedAt: Int64?

    /// Pax records (pax(1), "pax Extended Header"): `LENGTH KEY=VALUE\n`, each as long as it says. An empty value takes
    /// back what was said before. Records of other keys are none of ours.
    mutating func merge(pax records: ArraySlice<UInt8>) throws(TarError) {
        var rest = records
        while !rest.isEmpty {
            guard let space = rest.prefix(20).firstIndex(of: UInt8(ascii: " ")),
                let length = Self.decimal(rest[..<space]),
                length > 0, length <= Int64(rest.count), length > Int64(space - rest.startIndex + 1)
            else { throw TarError("an extended header is damaged") }
            let record = rest[(space + 1)..<(rest.startIndex + Int(length))]
            rest = rest[record.endIndex...]
            guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw TarError("an extended header is damaged")
            }
            try merge(String(decoding: record[..<equals], as: UTF8.self), record[(equals + 1)...].dropLast())
        }
    }

    private mutating func merge(_ key: String, _ value: ArraySlice<UInt8>) throws(TarError) {
        guard !value.contains(0) else { throw TarError("a value in an extended header has a NUL") }
        switch key {
        case "path": name = value.isEmpty ? nil : Array(value)
        case "linkpath": linkName = value.isEmpty ? nil : Array(value)
        case "size":
            size = Self.decimal(value)
            guard value.isEmpty || size != nil else { throw TarError("a size in an extended header is no number") }
        case "mtime": modifiedAt = Self.seconds(value)
        default:
            guard !key.hasPrefix("GNU.sparse") else { throw TarError.sparse }
        }
    }

    /// Whole seconds of `[-]SECONDS[.FRACTION]`; nil for what is none.
    private static func seconds(_ text: ArraySlice<UInt8>) -> Int64? {
        let isNegative = text.first == UInt8(ascii: "-")
        let whole = text.dropFirst(isNegative ? 1 : 0).prefix { $0 != UInt8(ascii: ".") }
        return decimal(whole).map { isNegative ? -$0 : $0 }
    }

    private static func decimal(_ text: ArraySlice<UInt8>) -> Int64? {
        guard !text.isEmpty, text.count <= 18 else { return nil }
        var value: Int64 = 0
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }
}

extension TarError {
    static let sparse = Self("it has a file with holes in it (GNU sparse): make it without --sparse")
}
