/// The `id` of a request: what the caller chose, echoed in the response (JSON-RPC 2.0, section 4).
///
/// A request without an id is a notification; that is `nil` of an optional, not `.null`.
package enum JSONRPCID: Hashable, Sendable {
    /// Allowed in requests though discouraged; such a call cannot be cancelled by id.
    case null
    case integer(Int64)
    /// A number with a fraction or exponent. Always finite.
    case number(Double)
    case string(String)
}

extension JSONRPCID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        }
    }
}

extension JSONRPCID: CustomStringConvertible {
    package var description: String {
        switch self {
        case .null: "null"
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .string(let value): "\"\(value)\""
        }
    }
}
