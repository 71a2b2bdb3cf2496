import Testing

@testable import JSONRPC

/// Scalars as `JSONBytes` writes them.
@Suite struct JSONBytesTests {
    private func written(_ write: (inout JSONBytes) -> Void) -> String {
        var bytes = JSONBytes(capacity: 1)
        write(&bytes)
        return String(decoding: bytes.array, as: UTF8.self)
    }

    @Test(arguments: [
        0.001, 0.01, 0.1, 0.5, 0.999, 1.05, 12.5, -0.25, -0.001, 59.999, 999_999_999.999, -999_999_999.001,
        1_000_000_000.5, 0.0001, 0.1 + 0.2, 1.0005, 1e-7, 123_456.789_1, 1e300, .pi, .leastNonzeroMagnitude,
    ])
    func aFractionIsTheShortestThatMakesTheNumber(_ value: Double) {
        #expect(written { $0.write(value) } == value.description)
    }

    @Test func everyMillisecondIsTheShortest() {
        for milliseconds in -20_000...20_000 where milliseconds % 1000 != 0 {
            let value = Double(milliseconds) / 1000
            #expect(written { $0.write(value) } == value.description)
        }
    }

    @Test func aByteThatNeedsAnEscapeIsFoundWhereverItIs() {
        for length in 1...20 {
            for place in 0..<length {
                for byte in UInt8.min...127 {
                    var text = [UInt8](repeating: UInt8(ascii: "x"), count: length)
                    text[place] = byte
                    let expected =
                        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") ? place : length
                    #expect(
                        text.withUnsafeBufferPointer {
                            $0.baseAddress.map { JSONPlainText.length($0, count: length) }
                        } == expected)
                }
            }
        }
        // Bytes of 128 and above are plain, also beside one that is not.
        let text = Array("ääää\"öööö\u{1}".utf8)
        #expect(
            text.withUnsafeBufferPointer {
                $0.baseAddress.map { JSONPlainText.length($0, count: text.count) }
            } == 8)
        #expect(written { $0.write("ääää\"öööö\u{1}") } == #""ääää\"öööö\u0001""#)
        #expect(written { $0.write("") } == "\"\"")
    }
}
