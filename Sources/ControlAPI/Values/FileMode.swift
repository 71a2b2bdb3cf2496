package import JSONRPC

/// Permission bits on the wire: an octal string (`"0644"`, read also without the leading zero) or an integer.
package struct FileMode: Codable, Hashable, Sendable {
    package let bits: UInt32

    package init(bits: UInt32) { self.bits = bits & 0o7777 }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let bits: UInt32?
        let given: String
        if let text = try? container.decode(String.self) {
            bits = UInt32(text, radix: 8)
            given = "'\(Excerpt.of(text))'"
        } else {
            let number = try container.decode(UInt32.self)
            bits = number
            given = "\(number)"
        }
        guard let bits, bits <= 0o7777 else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "a file mode is an octal string such as \"0644\", at most \"7777\"; \(given) is not")
        }
        self.bits = bits
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let digits = String(bits, radix: 8)
        try container.encode(String(repeating: "0", count: max(0, 4 - digits.count)) + digits)
    }
}

extension FileMode: JSONShaped {
    package static var schema: JSONValue { ["type": ["string", "integer"], "pattern": "^0?[0-7]{1,4}$"] }
    package static var example: FileMode { FileMode(bits: 0o644) }
}
