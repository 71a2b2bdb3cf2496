package import KubernetesSandbox
package import Yams

extension ManifestValue {
    /// A node of a configuration file as the JSON that Kubernetes reads: a plain scalar is what the YAML 1.2 core schema
    /// makes of it, a quoted one is text, whatever it looks like.
    ///
    /// Throws `ConfigurationError` for what JSON does not have.
    package init(yaml node: Node, file: String) throws {
        switch node {
        case .scalar(let scalar):
            self = scalar.style == .plain ? Self.plain(scalar.string) : .string(scalar.string)
        case .sequence(let sequence):
            self = .array(try sequence.map { try ManifestValue(yaml: $0, file: file) })
        case .mapping(let mapping):
            var members: [String: ManifestValue] = [:]
            for (key, value) in mapping {
                guard case .scalar(let name) = key else {
                    throw ConfigurationError(file: file, line: key.mark?.line, "a key must be a plain word")
                }
                members[name.string] = try ManifestValue(yaml: value, file: file)
            }
            self = .object(members)
        case .alias:
            throw ConfigurationError(file: file, line: node.mark?.line, "an alias without its anchor")
        }
    }

    private static func plain(_ text: String) -> ManifestValue {
        switch text {
        case "", "~", "null", "Null", "NULL": .null
        case "true", "True", "TRUE": .bool(true)
        case "false", "False", "FALSE": .bool(false)
        default:
            if let integer = Int64(text) {
                .integer(integer)
            } else if text.contains(where: \.isNumber), let number = Double(text), number.isFinite,
                !text.hasPrefix("0x")
            {
                .number(number)
            } else {
                .string(text)
            }
        }
    }
}
