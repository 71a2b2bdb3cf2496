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
        // Seconds with milliseconds, as almost all are. That many digits make the number and no fewer do.
        let thousandths = (value * 1000).rounded()
        if abs(thousandths) < 1e12, thousandths / 1000 == value { return write(thousandths: Int64(thousandths)) }
        var text = value.description
        text.withUTF8 { append($0) }
    }

    private mutating func write(thousandths: Int64) {
        if thousandths < 0 { append(ascii: "-") }
        let (whole, fraction) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        write(Int64(whole))
        let count = fraction % 100 == 0 ? 1 : fraction % 10 == 0 ? 2 : 3
        append(count + 1) { place in
            place[0] = UInt8(ascii: ".")
            var rest = fraction
            for digit in 1...count {
                place[digit] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / 100)
                rest = rest % 100 * 10
            }
        }
    }

    mutating func write(_ value: String) {
        // The string's own bytes, without a count of one more who holds it; few strings have none to lend.
        let isWritten: Void? = value.utf8.withContiguousStorageIfAvailable { writeQuoted($0) }
        guard isWritten == nil else { return }
        Array(value.utf8).withUnsafeBufferPointer { writeQuoted($0) }
    }

    private mutating func writeQuoted(_ text: UnsafeBufferPointer<UInt8>) {
        guard let source = text.baseAddress, !text.isEmpty else { return append("\"\"") }
        guard JSONPlainText.length(source, count: text.count) == text.count else { return writeEscaped(text) }
        append(text.count + 2) { place in
            place[0] = UInt8(ascii: "\"")
            (place + 1).update(from: source, count: text.count)
            place[text.count + 1] = UInt8(ascii: "\"")
        }
    }

    private mutating func writeEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        append(ascii: "\"")
        var plain = text.startIndex
        for index in text.indices where JSONPlainText.isSpecial(text[index]) {
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
