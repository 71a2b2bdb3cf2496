/// Decodes from a JSON text in place: a value is read when its type asks for it, and no tree is built before.
///
/// Coding paths are relative to the value that is being decoded; a container adds its own step to an error that comes
/// from within. That keeps this value small enough to be passed without an allocation.
struct JSONTextDecoder: Decoder {
    let source: JSONText
    let range: Range<Int>

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Throws `DecodingError`, or what `T.init(from:)` throws. `isChecked`: the text is known to be one value with no
    /// white space around it.
    static func decode<T: Decodable>(_ type: T.Type, from text: ArraySlice<UInt8>, isChecked: Bool) throws -> T {
        var text = text
        if !isChecked {
            do throws(JSONSyntaxError) {
                _ = try JSONOutline(of: text)
            } catch {
                throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "not JSON: \(error)"))
            }
            text = text.trimmingPrefix(while: Self.isSpace)
            while let last = text.last, Self.isSpace(last) { text.removeLast() }
        }
        return try JSONTextDecoder(source: JSONText(text), range: text.indices).read(type)
    }

    /// The same for an object whose outline is known; what is in it may have `maximumParts` each.
    static func decode<T: Decodable>(
        _ type: T.Type, from text: ArraySlice<UInt8>, members: [JSONOutline.Member], maximumParts: Int
    ) throws -> T {
        let source = JSONText(text, members: JSONMembers(members), maximumParts: maximumParts)
        return try JSONTextDecoder(source: source, range: text.indices).read(type)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    func read<T: Decodable>(_ type: T.Type) throws -> T {
        do {
            return try T(from: self)
        } catch DecodingError.dataCorrupted(let context) {
            // What the standard library says of a text that is no case names a Swift type.
            guard context.codingPath.isEmpty, let choices = Self.choices(of: type), let given = try? string() else {
                throw DecodingError.dataCorrupted(context)
            }
            let known = choices.map { "'\($0)'" }.joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "must be one of \(known), is '\(Excerpt.of(given))'"))
        }
    }

    /// The texts of an enumeration of strings; nil for every other type.
    private static func choices(of type: any Any.Type) -> [String]? {
        func names<E: CaseIterable & RawRepresentable>(_ type: E.Type) -> [String] {
            type.allCases.compactMap { $0.rawValue as? String }
        }
        guard let cases = type as? any (CaseIterable & RawRepresentable).Type else { return nil }
        let names = names(cases)
        return names.isEmpty ? nil : names
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Keyed<Key>(members: try members(for: [String: String].self), source: source))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        Unkeyed(elements: try elements(for: [String].self), source: source)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoder: self) }

    fileprivate var isNull: Bool { source.bytes[range.lowerBound] == UInt8(ascii: "n") }

    private func members(for type: any Any.Type) throws -> JSONMembers {
        if let known = source.members, range == source.bytes.indices { return known }
        guard case .object(let members) = try outline() else { throw mismatch(type) }
        return JSONMembers(members)
    }

    private func elements(for type: any Any.Type) throws -> [Range<Int>] {
        guard case .array(let elements) = try outline() else { throw mismatch(type) }
        return elements
    }

    private func outline() throws -> JSONOutline {
        do throws(JSONSyntaxError) {
            return try source.outline(range)
        } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "\(error)"))
        }
    }

    fileprivate func mismatch(_ type: any Any.Type) -> DecodingError {
        let context = DecodingError.Context(codingPath: [], debugDescription: "another type was expected")
        return isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    // MARK: Scalars

    fileprivate func bool() throws -> Bool {
        switch source.bytes[range.lowerBound] {
        case UInt8(ascii: "t"): return true
        case UInt8(ascii: "f"): return false
        default: throw mismatch(Bool.self)
        }
    }

    fileprivate func string() throws -> String {
        guard source.bytes[range.lowerBound] == UInt8(ascii: "\"") else { throw mismatch(String.self) }
        do throws(JSONSyntaxError) {
            return try JSONText.string(source.bytes[range])
        } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "\(error)"))
        }
    }

    fileprivate func double() throws -> Double {
        guard let value = source.number(range) else { throw mismatch(Double.self) }
        guard value.isFinite else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "must be a number of at most 64 bits"))
        }
        return value
    }

    fileprivate func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        if let value = JSONText.integer(source.bytes[range], as: type) { return value }
        let number = try { () throws -> Double in
            do { return try double() } catch DecodingError.typeMismatch(_, let context) {
                throw DecodingError.typeMismatch(type, context)
            }
        }()
        // A whole number may be written with a fraction or an exponent: 2.0, 1e3.
        if let value = T(exactly: number), abs(number) < 0x1p53 { return value }
        guard number.rounded() == number else {
            throw DecodingError.typeMismatch(
                type, .init(codingPath: [], debugDescription: "a whole number was expected"))
        }
        throw DecodingError.dataCorrupted(
            .init(codingPath: [], debugDescription: "must be from \(T.min) to \(T.max)"))
    }
}

extension DecodingError {
    /// The same error, found one step further in.
    fileprivate func within(_ key: any CodingKey) -> DecodingError {
        func deeper(_ context: Context) -> Context {
            Context(
                codingPath: [key] + context.codingPath, debugDescription: context.debugDescription,
                underlyingError: context.underlyingError)
        }
        switch self {
        case .keyNotFound(let missing, let context): return .keyNotFound(missing, deeper(context))
        case .valueNotFound(let type, let context): return .valueNotFound(type, deeper(context))
        case .typeMismatch(let type, let context): return .typeMismatch(type, deeper(context))
        case .dataCorrupted(let context): return .dataCorrupted(deeper(context))
        @unknown default: return self
        }
    }
}

/// An element's place in an array.
private struct IndexKey: CodingKey {
    let index: Int
    var intValue: Int? { index }
    var stringValue: String { "\(index)" }

    init(_ index: Int) { self.index = index }
    init?(intValue: Int) { index = intValue }
    init?(stringValue: String) { nil }
}

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: JSONMembers
    let source: JSONText

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { members.all.compactMap { Key(stringValue: $0.name) } }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try member(key).isNull }

    private func member(_ key: some CodingKey) throws -> JSONTextDecoder {
        guard let range = members[key.stringValue] else {
            throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: "it is missing"))
        }
        return JSONTextDecoder(source: source, range: range)
    }

    private func within<T>(_ key: some CodingKey, _ read: (JSONTextDecoder) throws -> T) throws -> T {
        let decoder = try member(key)
        do {
            return try read(decoder)
        } catch let error as DecodingError {
            throw error.within(key)
        }
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try within(key) { try $0.bool() } }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try within(key) { try $0.string() } }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try within(key) { try $0.double() } }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { Float(try decode(Double.self, forKey: key)) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try within(key) { try $0.integer(type) } }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try within(key) { try $0.integer(type) } }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try within(key) { try $0.integer(type) } }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try within(key) { try $0.integer(type) } }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try within(key) { try $0.integer(type) } }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try within(key) { try $0.integer(type) } }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try within(key) { try $0.integer(type) } }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try within(key) { try $0.integer(type) } }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try within(key) { try $0.integer(type) } }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try within(key) { try $0.integer(type) } }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try within(key) { try $0.read(type) } }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> { try within(key) { try $0.container(keyedBy: type) } }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try within(key) { try $0.unkeyedContainer() }
    }

    func superDecoder() throws -> any Decoder { try member(SuperKey()) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }
}

private struct SuperKey: CodingKey {
    var intValue: Int? { nil }
    var stringValue: String { "super" }

    init() {}
    init?(intValue: Int) { nil }
    init?(stringValue: String) {}
}

private struct Unkeyed: UnkeyedDecodingContainer {
    let elements: [Range<Int>]
    let source: JSONText
    var currentIndex = 0

    init(elements: [Range<Int>], source: JSONText) {
        self.elements = elements
        self.source = source
    }

    var codingPath: [any CodingKey] { [] }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    private mutating func next<T>(_ type: any Any.Type, _ read: (JSONTextDecoder) throws -> T) throws -> T {
        let key = IndexKey(currentIndex)
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                type, .init(codingPath: [key], debugDescription: "the array has no more elements"))
        }
        do {
            let value = try read(JSONTextDecoder(source: source, range: elements[currentIndex]))
            currentIndex += 1
            return value
        } catch let error as DecodingError {
            throw error.within(key)
        }
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd else { return try next(Any?.self) { _ in true } }
        guard JSONTextDecoder(source: source, range: elements[currentIndex]).isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next(type) { try $0.read(type) } }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> { try next(type) { try $0.container(keyedBy: type) } }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next([String].self) { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try next(Any.self) { $0 } }
}

private struct Single: SingleValueDecodingContainer {
    let decoder: JSONTextDecoder

    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { decoder.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try decoder.bool() }
    func decode(_ type: String.Type) throws -> String { try decoder.string() }
    func decode(_ type: Double.Type) throws -> Double { try decoder.double() }
    func decode(_ type: Float.Type) throws -> Float { Float(try decoder.double()) }
    func decode(_ type: Int.Type) throws -> Int { try decoder.integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try decoder.integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try decoder.integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try decoder.integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try decoder.integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try decoder.integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.integer(type) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.read(type) }
}
