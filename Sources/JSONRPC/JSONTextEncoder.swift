/// Encodes into a `JSONTextWriter`, straight to bytes.
///
/// Foundation's encoder builds a tree of values first and costs some forty times an echo of the message; answers from
/// memory are to cost about one. Keys are written in the order of encoding. Dates and data have no form of their own
/// here: the API's types write their own text.
struct JSONTextEncoder: Encoder {
    let writer: JSONTextWriter
    /// Containers that are open around this value.
    let depth: Int

    // Errors name what could not be written, not where: all that can fail is a number that is not finite.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// One JSON text. Throws `EncodingError` for a number that is not finite, and what `encode(to:)` throws.
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let writer = JSONTextWriter()
        try JSONTextEncoder(writer: writer, depth: 0).write(value)
        return writer.text
    }

    /// Writes one value whole. A type that encodes nothing is `{}`.
    func write(_ value: some Encodable) throws {
        let before = writer.count
        try value.encode(to: self)
        if writer.count == before { writer.open(isObject: true) }
        writer.close(to: depth)
    }

    func writeObject(_ value: some JSONWritable) { writer.write(value) }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(Keyed<Key>(writer: writer, depth: opened(isObject: true)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { Unkeyed(writer: writer, depth: opened(isObject: false)) }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

    /// A type may ask for its container again, to add to it (a value that is flattened into another one does).
    private func opened(isObject: Bool) -> Int {
        if writer.frames.count == depth { writer.open(isObject: isObject) }
        return depth + 1
    }
}

extension JSONTextEncoder {
    fileprivate static func closed(_ value: Any) -> EncodingError {
        .invalidValue(value, .init(codingPath: [], debugDescription: "its container was closed by a later one"))
    }

    fileprivate static func checkFinite(_ value: Double) throws -> Double {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: [], debugDescription: "JSON has no number \(value)"))
        }
        return value
    }
}

/// The members of an object.
private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONTextWriter
    /// Containers that are open around a member's value, this one included.
    let depth: Int

    var codingPath: [any CodingKey] { [] }

    private func begin(_ key: some CodingKey) throws {
        guard writer.resume(depth) else { throw JSONTextEncoder.closed(key.stringValue) }
        writer.writeKey(key.stringValue)
    }

    private func encode(integer value: some FixedWidthInteger, _ key: Key) throws {
        try begin(key)
        writer.write(value)
    }

    func encodeNil(forKey key: Key) throws {
        try begin(key)
        writer.writeNull()
    }

    func encode(_ value: Bool, forKey key: Key) throws {
        try begin(key)
        writer.write(value)
    }

    func encode(_ value: String, forKey key: Key) throws {
        try begin(key)
        writer.write(value)
    }

    func encode(_ value: Double, forKey key: Key) throws {
        let value = try JSONTextEncoder.checkFinite(value)
        try begin(key)
        writer.write(value)
    }

    func encode(_ value: Float, forKey key: Key) throws { try encode(Double(value), forKey: key) }
    func encode(_ value: Int, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int8, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int16, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int32, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int64, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt64, forKey key: Key) throws { try encode(integer: value, key) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try begin(key)
        try JSONTextEncoder(writer: writer, depth: depth).write(value)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> { superEncoder(forKey: key).container(keyedBy: keyType) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        superEncoder(forKey: key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { member("super") }
    func superEncoder(forKey key: Key) -> any Encoder { member(key.stringValue) }

    private func member(_ name: String) -> any Encoder {
        // A closed container's nested one is deeper than what is open, so that writing to it throws.
        if writer.resume(depth) { writer.writeKey(name) }
        return JSONTextEncoder(writer: writer, depth: depth)
    }
}

/// The elements of an array.
private struct Unkeyed: UnkeyedEncodingContainer {
    let writer: JSONTextWriter
    let depth: Int
    var count = 0

    init(writer: JSONTextWriter, depth: Int) {
        self.writer = writer
        self.depth = depth
    }

    var codingPath: [any CodingKey] { [] }

    mutating func encode<T: Encodable>(_ value: T) throws {
        guard writer.resume(depth) else { throw JSONTextEncoder.closed(value) }
        count += 1
        try JSONTextEncoder(writer: writer, depth: depth).write(value)
    }

    mutating func encodeNil() throws { try encode(Int?.none) }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> { superEncoder().container(keyedBy: keyType) }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { superEncoder().unkeyedContainer() }

    mutating func superEncoder() -> any Encoder {
        if writer.resume(depth) { count += 1 }
        return JSONTextEncoder(writer: writer, depth: depth)
    }
}

/// A value that is no container, or one that its type hands on to another type.
private struct Single: SingleValueEncodingContainer {
    let encoder: JSONTextEncoder

    var codingPath: [any CodingKey] { [] }
    private var writer: JSONTextWriter { encoder.writer }

    init(encoder: JSONTextEncoder) { self.encoder = encoder }

    func encodeNil() throws { writer.writeNull() }
    func encode(_ value: Bool) throws { writer.write(value) }
    func encode(_ value: String) throws { writer.write(value) }
    func encode(_ value: Double) throws { writer.write(try JSONTextEncoder.checkFinite(value)) }
    func encode(_ value: Float) throws { try encode(Double(value)) }
    func encode(_ value: Int) throws { writer.write(value) }
    func encode(_ value: Int8) throws { writer.write(value) }
    func encode(_ value: Int16) throws { writer.write(value) }
    func encode(_ value: Int32) throws { writer.write(value) }
    func encode(_ value: Int64) throws { writer.write(value) }
    func encode(_ value: UInt) throws { writer.write(value) }
    func encode(_ value: UInt8) throws { writer.write(value) }
    func encode(_ value: UInt16) throws { writer.write(value) }
    func encode(_ value: UInt32) throws { writer.write(value) }
    func encode(_ value: UInt64) throws { writer.write(value) }
    func encode<T: Encodable>(_ value: T) throws { try encoder.write(value) }
}
