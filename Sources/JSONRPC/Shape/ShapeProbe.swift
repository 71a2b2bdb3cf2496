/// A decoder without a text: it has whatever it is asked for, and notes what that was.
final class ShapeProbe: Decoder {
    private(set) var members: [JSONShape.Member] = []
    /// Of what is no object.
    private var own: JSONValue?
    /// Its object's members have names that no type knows.
    private var isMap = false
    private var isNullable = false

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    var schema: JSONValue {
        guard isNullable else { return plainSchema }
        return ["anyOf": [plainSchema, ["type": "null"]]]
    }

    private var plainSchema: JSONValue {
        if let own { return own }
        if isMap { return ["type": "object", "additionalProperties": members.first?.schema ?? [:]] }
        let properties = Dictionary(members.map { ($0.name, $0.schema) }) { first, _ in first }
        let required = members.filter(\.isRequired).map { JSONValue.string($0.name) }
        return ["type": "object", "properties": .object(properties), "required": .array(required)]
    }

    /// One value of the type, of which the probe knows the shape afterwards.
    func read<T: Decodable>(_ type: T.Type) throws -> T {
        if let shaped = type as? any JSONShaped.Type {
            own = shaped.schema
            if let value = shaped.example as? T { return value }
        }
        if let cases = type as? any (CaseIterable & RawRepresentable).Type, let first = note(cases) as? T {
            return first
        }
        return try T(from: self)
    }

    /// The first case of an enumeration of strings; nil for every other.
    private func note<E: CaseIterable & RawRepresentable>(_ type: E.Type) -> E? {
        let names = E.allCases.compactMap { $0.rawValue as? String }
        guard names.count == E.allCases.count else { return nil }
        own = ["type": "string", "enum": .array(names.map { .string($0) })]
        return E.allCases.first
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Keyed<Key>(probe: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer { Unkeyed(probe: self) }

    func singleValueContainer() -> any SingleValueDecodingContainer { Single(probe: self) }

    // MARK: What the containers note

    func noteMap() { isMap = true }

    func noteNullable() { isNullable = true }

    func element<T: Decodable>(_ type: T.Type) throws -> T {
        let probe = ShapeProbe()
        let value = try probe.read(type)
        own = ["type": "array", "items": probe.schema]
        return value
    }

    func member<T: Decodable>(_ type: T.Type, _ name: String, isOptional: Bool) throws -> T {
        let probe = ShapeProbe()
        let value = try probe.read(type)
        let isRequired = !isOptional || type is any JSONAlwaysPresent.Type
        // A type that is flattened into another one may be asked for the same name by both.
        if !members.contains(where: { $0.name == name }) {
            members.append(JSONShape.Member(name: name, isRequired: isRequired, schema: probe.schema))
        }
        return value
    }

    func scalar<T>(_ value: T, _ schema: JSONValue) -> T {
        own = schema
        return value
    }
}

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probe: ShapeProbe
    // A container is asked for members in turn: `decodeIfPresent` looks for null and then decodes.
    private let asked = Asked()

    private final class Asked { var forNull: String? }

    init(probe: ShapeProbe) { self.probe = probe }

    var codingPath: [any CodingKey] { [] }

    // Only a type whose members have any name asks for all of them.
    var allKeys: [Key] {
        probe.noteMap()
        return Key(stringValue: "name").map { [$0] } ?? []
    }

    func contains(_ key: Key) -> Bool { true }

    func decodeNil(forKey key: Key) -> Bool {
        asked.forNull = key.stringValue
        return false
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        defer { asked.forNull = nil }
        return try probe.member(type, key.stringValue, isOptional: asked.forNull == key.stringValue)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> { throw ShapeProbe.cannotTell }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw ShapeProbe.cannotTell }
    func superDecoder() throws -> any Decoder { throw ShapeProbe.cannotTell }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw ShapeProbe.cannotTell }
}

/// Has one element.
private struct Unkeyed: UnkeyedDecodingContainer {
    let probe: ShapeProbe
    var currentIndex = 0

    init(probe: ShapeProbe) { self.probe = probe }

    var codingPath: [any CodingKey] { [] }
    var count: Int? { 1 }
    var isAtEnd: Bool { currentIndex > 0 }

    mutating func decodeNil() -> Bool { false }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        currentIndex += 1
        return try probe.element(type)
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> { throw ShapeProbe.cannotTell }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw ShapeProbe.cannotTell }
    mutating func superDecoder() throws -> any Decoder { throw ShapeProbe.cannotTell }
}

private struct Single: SingleValueDecodingContainer {
    let probe: ShapeProbe

    var codingPath: [any CodingKey] { [] }

    // Only a type that may be null asks.
    func decodeNil() -> Bool {
        probe.noteNullable()
        return false
    }

    func decode(_ type: Bool.Type) -> Bool { probe.scalar(true, ["type": "boolean"]) }
    func decode(_ type: String.Type) -> String { probe.scalar("text", ["type": "string"]) }
    func decode(_ type: Double.Type) -> Double { probe.scalar(1.5, ["type": "number"]) }
    func decode(_ type: Float.Type) -> Float { probe.scalar(1.5, ["type": "number"]) }
    func decode(_ type: Int.Type) -> Int { signed(1) }
    func decode(_ type: Int8.Type) -> Int8 { signed(1) }
    func decode(_ type: Int16.Type) -> Int16 { signed(1) }
    func decode(_ type: Int32.Type) -> Int32 { signed(1) }
    func decode(_ type: Int64.Type) -> Int64 { signed(1) }
    func decode(_ type: UInt.Type) -> UInt { unsigned(1) }
    func decode(_ type: UInt8.Type) -> UInt8 { unsigned(1) }
    func decode(_ type: UInt16.Type) -> UInt16 { unsigned(1) }
    func decode(_ type: UInt32.Type) -> UInt32 { unsigned(1) }
    func decode(_ type: UInt64.Type) -> UInt64 { unsigned(1) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try probe.read(type) }

    private func signed<T>(_ value: T) -> T { probe.scalar(value, ["type": "integer"]) }
    private func unsigned<T>(_ value: T) -> T { probe.scalar(value, ["type": "integer", "minimum": 0]) }
}

extension ShapeProbe {
    fileprivate static var cannotTell: RPCError {
        .internalError("a type decodes what it contains by hand: it has to be JSONShaped")
    }
}
