import JSONRPC
package import Yams

/// One mapping of the configuration file, read key by key; what nobody asked for is an error.
///
/// Scalars are taken from the file's own text, so that `image: 1e3` or `user: on` stay what the operator wrote.
package struct YAMLSection {
    let file: String
    /// The keys that lead here, joined by dots; empty at the top.
    let path: String
    private let line: Int?
    private var remaining: [(key: String, line: Int?, value: Node)] = []
    private var known: [String] = []
    /// Set while nothing is read, only what would be: see `ConfigurationSchema`.
    private var recorder: SchemaRecorder?

    /// A section in which nothing is set and that notes every key that somebody asks for.
    init(recording recorder: SchemaRecorder) {
        (file, path, line) = ("", "", nil)
        self.recorder = recorder
    }

    /// Throws `ConfigurationError` where the node is no mapping or a key is no text.
    package init(_ node: Node?, file: String, path: String) throws {
        self.file = file
        self.path = path
        line = node?.mark?.line
        guard let node, !Self.isNull(node) else { return }
        guard case .mapping(let mapping) = node else {
            throw ConfigurationError(
                file: file, line: node.mark?.line, "\(path.isEmpty ? "the file" : path) must be a mapping")
        }
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw ConfigurationError(file: file, line: key.mark?.line, "a key must be a plain word")
            }
            remaining.append((scalar.string, key.mark?.line, value))
        }
    }

    private static func isNull(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func wrong(_ key: String, _ node: Node, _ problem: String) -> ConfigurationError {
        ConfigurationError(file: file, line: node.mark?.line, "\(name(key)) \(problem)")
    }

    /// Takes the value of a key out whose shape is somebody else's affair, a mapping; nil where it is absent or null.
    package mutating func take(_ key: String) -> Node? { take(key, .mapping) }

    private mutating func take(_ key: String, _ kind: SchemaRecorder.Kind) -> Node? {
        known.append(key)
        recorder?.note(key, kind)
        guard let index = remaining.firstIndex(where: { $0.key == key }) else { return nil }
        let value = remaining.remove(at: index).value
        return Self.isNull(value) ? nil : value
    }

    package mutating func section(_ key: String) throws -> YAMLSection {
        if let recorder { return YAMLSection(recording: recorder.section(key)) }
        return try YAMLSection(take(key, .mapping), file: file, path: name(key))
    }

    /// The members of a mapping whose keys are the operator's own names.
    package mutating func namedSections(_ key: String) throws -> [(name: String, section: YAMLSection)] {
        if let recorder { return [("name", YAMLSection(recording: recorder.namedSections(key)))] }
        let inner = try section(key)
        return try inner.remaining.map { entry in
            (entry.key, try YAMLSection(entry.value, file: file, path: "\(inner.path).\(entry.key)"))
        }
    }

    package mutating func string(_ key: String) throws -> String? {
        guard let node = take(key, .text) else { return nil }
        guard case .scalar(let scalar) = node else { throw wrong(key, node, "must be text") }
        return scalar.string
    }

    package mutating func bool(_ key: String) throws -> Bool? {
        guard let node = take(key, .bool) else { return nil }
        guard case .scalar(let scalar) = node, let value = ["true": true, "false": false][scalar.string] else {
            throw wrong(key, node, "must be true or false")
        }
        return value
    }

    package mutating func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let node = take(key, .integer(range)) else { return nil }
        guard case .scalar(let scalar) = node, let value = Self.integer(scalar.string), range.contains(value) else {
            throw wrong(key, node, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A whole number may be written with a fraction or an exponent: 2.0, 1e3.
    private static func integer(_ text: String) -> Int? { Int(text) ?? Double(text).flatMap { Int(exactly: $0) } }

    /// A positive number of seconds; fractions are allowed. Less than a millisecond is one.
    package mutating func duration(_ key: String) throws -> Duration? {
        guard let node = take(key, .seconds) else { return nil }
        guard case .scalar(let scalar) = node, let seconds = Double(scalar.string), seconds > 0, seconds <= 1e9 else {
            throw wrong(key, node, "must be a number of seconds above 0")
        }
        return max(.seconds(seconds), .milliseconds(1))
    }

    /// Like `duration`; but null, where it is written, is a value of its own: none.
    package mutating func optionalDuration(_ key: String, default fallback: Duration?) throws -> Duration? {
        let isWritten = remaining.contains { $0.key == key }
        let value = try duration(key)
        return isWritten ? value : fallback
    }

    package mutating func choice<Value: RawRepresentable & CaseIterable>(
        _ key: String, _ type: Value.Type
    ) throws -> Value? where Value.RawValue == String {
        guard let node = take(key, .choice(Value.allCases.map(\.rawValue))) else { return nil }
        guard case .scalar(let scalar) = node, let value = Value(rawValue: scalar.string) else {
            let choices = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong(key, node, "must be one of: \(choices)")
        }
        return value
    }

    package mutating func stringMap(_ key: String) throws -> [String: String]? {
        guard let node = take(key, .textMap) else { return nil }
        guard case .mapping(let mapping) = node else { throw wrong(key, node, "must be a mapping of texts") }
        var result: [String: String] = [:]
        for (name, value) in mapping {
            guard case .scalar(let name) = name, case .scalar(let value) = value else {
                throw wrong(key, node, "must be a mapping of texts")
            }
            result[name.string] = value.string
        }
        return result
    }

    package mutating func list<Value>(_ key: String, _ what: String, _ read: (String) -> Value?) throws -> [Value]? {
        guard let node = take(key, .textList) else { return nil }
        guard case .sequence(let items) = node else { throw wrong(key, node, "must be a list of \(what)") }
        return try items.map { item in
            guard case .scalar(let scalar) = item, let value = read(scalar.string) else {
                throw wrong(key, item, "must be a list of \(what)")
            }
            return value
        }
    }

    /// Throws for the first key that nobody asked for, with the nearest one that exists.
    package func finish() throws {
        guard let stranger = remaining.first else { return }
        let nearest = EditDistance.nearest(to: stranger.key, among: known)
        let hint =
            nearest.map { "; did you mean '\($0)'?" } ?? "; known here: \(known.sorted().joined(separator: ", "))"
        throw ConfigurationError(
            file: file, line: stranger.line, "unknown key '\(name(stranger.key))'\(hint)")
    }
}
