/// Base64 of RFC 4648 §4, without Foundation.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    package static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] { encode(array: Array(bytes)) }

    // Of one type, since another module's generic call goes through witness tables for every byte.
    private static func encode(array bytes: [UInt8]) -> [UInt8] {
        let (alphabet, pad) = (alphabet, UInt8(ascii: "="))
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var bits: UInt32 = 0
        var pending = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            pending += 1
            guard pending == 3 else { continue }
            result.append(alphabet[Int(bits >> 18 & 63)])
            result.append(alphabet[Int(bits >> 12 & 63)])
            result.append(alphabet[Int(bits >> 6 & 63)])
            result.append(alphabet[Int(bits & 63)])
            (bits, pending) = (0, 0)
        }
        if pending == 1 { result += [alphabet[Int(bits >> 2)], alphabet[Int(bits << 4 & 63)], pad, pad] }
        if pending == 2 {
            result += [alphabet[Int(bits >> 10)], alphabet[Int(bits >> 4 & 63)], alphabet[Int(bits << 2 & 63)], pad]
        }
        return result
    }

    /// Nil unless the text is canonical base64, apart from newlines and carriage returns, which are skipped.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? { decode(array: Array(text)) }

    private static func decode(array text: [UInt8]) -> [UInt8]? {
        let values = values
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for character in text where character != UInt8(ascii: "\n") && character != UInt8(ascii: "\r") {
            if character == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            let value = values[Int(character)]
            guard padding == 0, value != 0xFF else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 1
            guard count == 4 else { continue }
            result.append(UInt8(truncatingIfNeeded: bits >> 16))
            result.append(UInt8(truncatingIfNeeded: bits >> 8))
            result.append(UInt8(truncatingIfNeeded: bits))
            (bits, count) = (0, 0)
        }
        switch (count, padding) {
        case (0, 0): return result
        case (2, 2) where bits & 0xF == 0: return result + [UInt8(truncatingIfNeeded: bits >> 4)]
        case (3, 1) where bits & 3 == 0:
            return result + [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)]
        default: return nil
        }
    }
}
