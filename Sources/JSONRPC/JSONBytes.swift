/// A JSON text in the making. Memory of its own instead of an array: there is room to be made for each piece once, not
/// for each byte, and nothing else can hold on to it.
struct JSONBytes: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        start = .allocate(capacity: capacity)
    }

    deinit { start.deallocate() }

    var array: [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }

    /// Calls `fill` with the next `length` bytes, all of which it has to write.
    mutating func append(_ length: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Void) {
        reserve(length)
        fill(start + count)
        count += length
    }

    mutating func append(ascii byte: Unicode.Scalar) { append(1) { $0[0] = UInt8(ascii: byte) } }

    mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        guard let source = text.baseAddress else { return }
        append(text.count) { $0.update(from: source, count: text.count) }
    }

    mutating func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ text: [UInt8]) { text.withUnsafeBufferPointer { append($0) } }

    private mutating func reserve(_ length: Int) {
        guard count + length > capacity else { return }
        let larger = max(capacity * 2, count + length)
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        grown.moveUpdate(from: start, count: count)
        start.deallocate()
        (start, capacity) = (grown, larger)
    }

    // MARK: Scalars

    mutating func write(_ value: Int64) {
        var length = value < 0 ? 2 : 1
        var rest = value.magnitude
        while rest >= 10 {
            rest /= 10
            length += 1
        }
        append(length) { digits in
            var rest = value.magnitude
            if value < 0 { digits[0] = UInt8(ascii: "-") }
            for place in stride(from: length - 1, through: value < 0 ? 1 : 0, by: -1) {
                digits[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
    }

    /// `value` must be finite. A whole number is written without fraction.
    mutating func write(_ value: Double) {
        // Below 2^53 every whole number is exactly a Double, and the other way round.
        if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { return write(whole) }
        var text = value.description
        text.withUTF8 { append($0) }
    }

    mutating func write(_ value: String) {
        var value = value
        value.withUTF8 { text in
            guard !Self.needsEscape(text) else { return writeEscaped(text) }
            append(text.count + 2) { place in
                place[0] = UInt8(ascii: "\"")
                if let source = text.baseAddress { (place + 1).update(from: source, count: text.count) }
                place[text.count + 1] = UInt8(ascii: "\"")
            }
        }
    }

    /// RFC 8259, section 7: quotation mark, reverse solidus and the control characters; everything else may stand as it
    /// is. To the end in any case, so that many bytes are looked at at once.
    private static func needsEscape(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var found = false
        for byte in text { found = found || needsEscape(byte) }
        return found
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func writeEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        append(ascii: "\"")
        var plain = text.startIndex
        for index in text.indices where Self.needsEscape(text[index]) {
            append(UnsafeBufferPointer(rebasing: text[plain..<index]))
            writeEscape(text[index])
            plain = index + 1
        }
        append(UnsafeBufferPointer(rebasing: text[plain...]))
        append(ascii: "\"")
    }

    private mutating func writeEscape(_ byte: UInt8) {
        switch byte {
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        default:
            append("\\u00")
            append(2) { place in
                place[0] = Self.hexadecimal(byte >> 4)
                place[1] = Self.hexadecimal(byte & 15)
            }
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
