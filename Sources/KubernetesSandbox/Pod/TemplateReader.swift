import SandboxCore

/// Reads the members of a template that have to be of one shape. A missing or null member is an empty one; any other
/// shape is refused with its path.
enum TemplateReader {
    static func object(_ value: ManifestValue?, at path: String) throws(SandboxError) -> [String: ManifestValue] {
        switch value {
        case nil, .null: return [:]
        case .object(let members): return members
        case .some(let other): throw .invalid("\(path) must be an object, is \(other.kindName)")
        }
    }

    static func list(_ value: ManifestValue?, at path: String) throws(SandboxError) -> [ManifestValue] {
        switch value {
        case nil, .null: return []
        case .array(let elements): return elements
        case .some(let other): throw .invalid("\(path) must be a list, is \(other.kindName)")
        }
    }

    /// A list of objects whose `name`, where they have one, is a string.
    static func objects(_ value: ManifestValue?, at path: String) throws(SandboxError) -> [[String: ManifestValue]] {
        var objects: [[String: ManifestValue]] = []
        for (index, element) in try list(value, at: path).enumerated() {
            guard case .object(let members) = element else {
                throw .invalid("\(path)[\(index)] must be an object, is \(element.kindName)")
            }
            _ = try text(members["name"], at: "\(path)[\(index)].name")
            objects.append(members)
        }
        return objects
    }

    static func text(_ value: ManifestValue?, at path: String) throws(SandboxError) -> String? {
        switch value {
        case nil, .null: return nil
        case .string(let text): return text
        case .some(let other): throw .invalid("\(path) must be a string, is \(other.kindName)")
        }
    }

    static func texts(_ value: ManifestValue?, at path: String) throws(SandboxError) -> [String: String] {
        var texts: [String: String] = [:]
        for (key, member) in try object(value, at: path).sorted(by: { $0.key < $1.key }) {
            texts[key] = try text(member, at: "\(path).\(key)") ?? ""
        }
        return texts
    }
}
