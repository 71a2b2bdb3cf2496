import JSONRPC

/// Notes which keys a section of the configuration has, and of what kind each is, while the very code that reads a
/// configuration asks for them.
final class SchemaRecorder {
    enum Kind {
        case text, bool, seconds, mapping, textMap, textList
        case integer(ClosedRange<Int>)
        case choice([String])
    }

    private var properties: [String: JSONValue] = [:]
    private var sections: [String: SchemaRecorder] = [:]
    private var named: [String: SchemaRecorder] = [:]

    // The file's own text counts, not what YAML makes of it: `image: 3.10` is an image.
    private static let text: JSONValue = ["type": ["string", "number", "boolean", "null"]]

    func note(_ key: String, _ kind: Kind) {
        properties[key] =
            switch kind {
            case .text: Self.text
            case .bool: ["type": ["boolean", "null"]]
            case .seconds:
                [
                    "type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1_000_000_000,
                    "description": "seconds",
                ]
            case .mapping: ["type": ["object", "null"]]
            case .textMap: ["type": ["object", "null"], "additionalProperties": Self.text]
            case .textList: ["type": ["array", "null"], "items": Self.text]
            case .integer(let range):
                [
                    "type": ["integer", "null"], "minimum": .integer(Int64(range.lowerBound)),
                    "maximum": .integer(Int64(range.upperBound)),
                ]
            case .choice(let values): ["enum": .array(values.map { .string($0) } + [.null])]
            }
    }

    func section(_ key: String) -> SchemaRecorder {
        let section = SchemaRecorder()
        sections[key] = section
        return section
    }

    func namedSections(_ key: String) -> SchemaRecorder {
        let section = SchemaRecorder()
        named[key] = section
        return section
    }

    /// Sections whose keys are the operator's own names take any.
    var schema: JSONValue {
        var all = properties
        for (key, section) in sections { all[key] = section.schema }
        for (key, section) in named {
            all[key] = ["type": ["object", "null"], "additionalProperties": section.schema]
        }
        return ["type": ["object", "null"], "properties": .object(all), "additionalProperties": false]
    }
}
