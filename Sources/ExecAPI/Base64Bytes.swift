import FoundationEssentials

/// Bytes that JSON carries as a string in standard base64 (RFC 4648 §4, padded).
package struct Base64Bytes: Hashable, Sendable, Codable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Nil for text that is not standard base64.
    package init?(text: String) {
        guard let data = Data(base64Encoded: text) else { return nil }
        bytes = Array(data)
    }

    package var text: String { Data(bytes).base64EncodedString() }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(text: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not standard base64")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
