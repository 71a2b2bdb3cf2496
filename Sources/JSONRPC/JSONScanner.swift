/// Walks over a JSON text without building values.
///
/// Reads through a pointer, because every request passes here up to twice and an index into a slice is checked anew at
/// each byte: `position` never leaves `0...end`, and only `current` and the loops that test against `end` read.
struct JSONScanner {
    private let text: UnsafeBufferPointer<UInt8>
    /// What an index into the text is more in the slice that it comes from.
    private let offset: Int
    private var position = 0
    private let end: Int
    private let checksValues: Bool

    /// Scans `text`, which must be valid UTF-8. `checksValues` as in `JSONOutline`.
    static func scan<T>(
        _ text: ArraySlice<UInt8>, checksValues: Bool,
        _ body: (inout JSONScanner) throws(JSONSyntaxError) -> T
    ) throws(JSONSyntaxError) -> T {
        let offset = text.startIndex
        return try text.withUnsafeBufferPointer { (bytes) throws(JSONSyntaxError) in
            var scanner = JSONScanner(bytes, offset: offset, checksValues: checksValues)
            return try body(&scanner)
        }
    }

    private init(_ text: UnsafeBufferPointer<UInt8>, offset: Int, checksValues: Bool) {
        self.text = text
        self.offset = offset
        self.checksValues = checksValues
        end = text.count
    }

    /// Reads the whole text. `maximumParts` as in `JSONOutline`.
    mutating func outline(maximumParts: Int = .max) throws(JSONSyntaxError) -> JSONOutline {
        skipWhitespace()
        func check(_ count: Int, _ place: Range<Int>) throws(JSONSyntaxError) {
            guard count >= maximumParts else { return }
            throw JSONSyntaxError(
                message: "more than \(maximumParts) members or elements", offset: place.lowerBound, isTooMuch: true)
        }
        let outline: JSONOutline
        switch current {
        case UInt8(ascii: "{"):
            var members: [JSONOutline.Member] = []
            // Most have no more: one allocation.
            members.reserveCapacity(4)
            try readObject(depth: 1) { (name, value) throws(JSONSyntaxError) in
                try check(members.count, value)
                members.append(JSONOutline.Member(name: try JSONText.string(name), value: value))
            }
            outline = .object(members)
        case UInt8(ascii: "["):
            var elements: [Range<Int>] = []
            try readArray(depth: 1) { (element) throws(JSONSyntaxError) in
                try check(elements.count, element)
                elements.append(element)
            }
            outline = .array(elements)
        default:
            try skipValue(depth: 1)
            outline = .scalar
        }
        skipWhitespace()
        guard position == end else { throw unexpected("more text after the value") }
        return outline
    }

    /// Reads the whole text; false when that is no object. `onMember` gets each name's text, with its quotation marks.
    mutating func object(
        onMember: (UnsafeBufferPointer<UInt8>, Range<Int>) throws(JSONSyntaxError) -> Void
    ) throws(JSONSyntaxError) -> Bool {
        skipWhitespace()
        guard current == UInt8(ascii: "{") else { return false }
        try readObject(depth: 1, onMember: onMember)
        skipWhitespace()
        return position == end
    }

    /// Where the value of an object's member is, in a text that may end too early after it.
    mutating func value(ofMember name: String) -> Range<Int>? {
        var value: Range<Int>?
        skipWhitespace()
        guard current == UInt8(ascii: "{") else { return nil }
        // A number that the text ends with may have had more digits.
        let end = offset + end
        try? readObject(depth: 1) { (member, range) throws(JSONSyntaxError) in
            if range.upperBound < end, try JSONText.string(member) == name { value = range }
        }
        return value
    }

    private var current: UInt8? { position < end ? text[position] : nil }

    private func unexpected(_ message: String) -> JSONSyntaxError {
        JSONSyntaxError(message: position < end ? message : "the text ends too early", offset: position)
    }

    /// From one position to another, in the slice's own indices.
    private func range(from start: Int) -> Range<Int> { offset + start..<offset + position }

    private mutating func skipWhitespace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    /// `depth` counts from 1 for the outermost value.
    private mutating func skipValue(depth: Int) throws(JSONSyntaxError) {
        switch current {
        case UInt8(ascii: "{"): try readObject(depth: depth) { _, _ in }
        case UInt8(ascii: "["): try readArray(depth: depth) { _ in }
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "t"): try skipWord("true")
        case UInt8(ascii: "f"): try skipWord("false")
        case UInt8(ascii: "n"): try skipWord("null")
        default: try skipNumber()
        }
    }

    private mutating func enter(depth: Int) throws(JSONSyntaxError) {
        guard depth <= JSONOutline.maximumDepth else {
            throw unexpected("arrays and objects nest more than \(JSONOutline.maximumDepth) deep")
        }
        position += 1
        skipWhitespace()
    }

    /// `onMember` gets the name's text, with its quotation marks.
    private mutating func readObject(
        depth: Int, onMember: (UnsafeBufferPointer<UInt8>, Range<Int>) throws(JSONSyntaxError) -> Void
    ) throws(JSONSyntaxError) {
        try enter(depth: depth)
        if try skip(UInt8(ascii: "}")) { return }
        while true {
            guard current == UInt8(ascii: "\"") else { throw unexpected("a member's name was expected") }
            let nameStart = position
            try skipString()
            let name = UnsafeBufferPointer(rebasing: text[nameStart..<position])
            skipWhitespace()
            guard try skip(UInt8(ascii: ":")) else { throw unexpected("':' was expected") }
            skipWhitespace()
            let start = position
            try skipValue(depth: depth + 1)
            try onMember(name, range(from: start))
            skipWhitespace()
            if try skip(UInt8(ascii: "}")) { return }
            guard try skip(UInt8(ascii: ",")) else { throw unexpected("',' or '}' was expected") }
            skipWhitespace()
        }
    }

    private mutating func readArray(
        depth: Int, onElement: (Range<Int>) throws(JSONSyntaxError) -> Void
    ) throws(JSONSyntaxError) {
        try enter(depth: depth)
        if try skip(UInt8(ascii: "]")) { return }
        while true {
            let start = position
            try skipValue(depth: depth + 1)
            try onElement(range(from: start))
            skipWhitespace()
            if try skip(UInt8(ascii: "]")) { return }
            guard try skip(UInt8(ascii: ",")) else { throw unexpected("',' or ']' was expected") }
            skipWhitespace()
        }
    }

    private mutating func skip(_ byte: UInt8) throws(JSONSyntaxError) -> Bool {
        guard let current else { throw unexpected("") }
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipWord(_ word: StaticString) throws(JSONSyntaxError) {
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard end - position >= expected.count, text[position..<position + expected.count].elementsEqual(expected)
        else { throw unexpected("an unknown word") }
        position += expected.count
    }

    private mutating func skipString() throws(JSONSyntaxError) {
        position += 1
        while position < end {
            if let start = text.baseAddress {
                position += JSONPlainText.length(start + position, count: end - position)
                guard position < end else { break }
            }
            let byte = text[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return
            }
            guard byte >= 0x20 else { throw unexpected("an unescaped control character in a string") }
            position += 1
            if byte == UInt8(ascii: "\\") { try skipEscape() }
        }
        throw unexpected("")
    }

    private mutating func skipEscape() throws(JSONSyntaxError) {
        guard let byte = current else { throw unexpected("") }
        switch byte {
        case UInt8(ascii: "u"):
            position += 1
            let unit = try readHexadecimal()
            guard checksValues, UTF16.isSurrogate(unit) else { return }
            let isPaired =
                end - position >= 2 && text[position] == UInt8(ascii: "\\")
                && text[position + 1] == UInt8(ascii: "u")
            guard UTF16.isLeadSurrogate(unit), isPaired else { throw unexpected("half a surrogate pair in a string") }
            position += 2
            guard UTF16.isTrailSurrogate(try readHexadecimal()) else {
                throw unexpected("half a surrogate pair in a string")
            }
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        default: throw unexpected("an unknown escape in a string")
        }
    }

    private mutating func readHexadecimal() throws(JSONSyntaxError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw unexpected("four hexadecimal digits were expected after \\u")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    private mutating func skipNumber() throws(JSONSyntaxError) {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try skipDigits() }
        if current == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
        guard checksValues, Double(String(decoding: text[start..<position], as: UTF8.self))?.isFinite != true else {
            return
        }
        throw JSONSyntaxError(message: "a number that is too large", offset: start)
    }

    private mutating func skipDigits() throws(JSONSyntaxError) {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw unexpected("an unexpected character") }
    }
}
