import FoundationEssentials
import Yams

/// Writes JSON from YAML whose shape is somebody else's affair.
enum JSONText {
    static func of(_ node: Node) -> String {
        if let mapping = node.mapping {
            return object(mapping.map { ($0.key.scalar?.string ?? "", of($0.value)) })
        }
        if let sequence = node.sequence { return "[" + sequence.map(of).joined(separator: ",") + "]" }
        switch node.any {
        case let value as Bool: return value ? "true" : "false"
        case let value as Int: return String(value)
        case let value as Double where value.isFinite: return String(value)
        default:
            guard let scalar = node.scalar else { return "null" }
            let isNull = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            return isNull ? "null" : string(scalar.string)
        }
    }

    /// `members`: names, and values that are JSON already.
    static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { string($0.0) + ":" + $0.1 }.joined(separator: ",") + "}"
    }

    static func string(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // Every string can be written.
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
