/// Turns the `params` member of a request into a method's own type, or into an error that names what is wrong.
package enum ParamsDecoder {
    /// Members or elements of one value: no argument vector and no set of labels has as many, and a value of that many
    /// takes a few megabytes.
    static let maximumParts = 65_536

    /// Absent params are `{}`. `known`: the type's member names, from who asks for them once and not with every request.
    ///
    /// Throws `RPCError` -32602: for params that are no object, a member that is unknown, missing, given twice, null
    /// where it must not be, or of the wrong type; and whatever else `P.init(from:)` throws.
    package static func decode<P: RPCParams>(
        _ type: P.Type, from text: ArraySlice<UInt8>?, known: [String] = P.memberNames
    ) throws -> P {
        let text = text ?? [0x7B, 0x7D]
        if let (name, value) = onlyMember(of: text), let params = P.only(name, value) { return params }
        let members = try checkedMembers(of: text, known: known)
        do {
            return try JSONTextDecoder.decode(type, from: text, members: members, maximumParts: maximumParts)
        } catch let error as DecodingError {
            throw invalidParams(error)
        }
    }

    /// Of an object with one member, a string, without escapes. `text` is known to be JSON.
    private static func onlyMember(of text: ArraySlice<UInt8>) -> (name: String, value: String)? {
        text.withUnsafeBufferPointer { text in
            var position = 0
            func skip(_ byte: UInt8) -> Bool {
                while position < text.count, text[position] <= 0x20 { position += 1 }
                guard position < text.count, text[position] == byte else { return false }
                position += 1
                return true
            }
            func string() -> Range<Int>? {
                let quote = UInt8(ascii: "\"")
                guard skip(quote), let end = text[position...].firstIndex(of: quote) else { return nil }
                defer { position = end + 1 }
                return position..<end
            }
            guard !text.contains(UInt8(ascii: "\\")), skip(UInt8(ascii: "{")), let name = string(),
                skip(UInt8(ascii: ":")), let value = string(), skip(UInt8(ascii: "}"))
            else { return nil }
            return (
                String(decoding: UnsafeBufferPointer(rebasing: text[name]), as: UTF8.self),
                String(decoding: UnsafeBufferPointer(rebasing: text[value]), as: UTF8.self)
            )
        }
    }

    private static func checkedMembers(
        of text: ArraySlice<UInt8>, known: [String]
    ) throws(RPCError) -> [JSONOutline.Member] {
        let outline: JSONOutline
        do {
            outline = try JSONOutline(of: text, checksValues: true, maximumParts: maximumParts)
        } catch {
            throw .invalidParams("params: \(error)")
        }
        guard case .object(let members) = outline else {
            throw .invalidParams("params must be an object with named members")
        }
        if let name = JSONOutline.duplicate(in: members) {
            throw .invalidParams("params has the member '\(Excerpt.of(name))' twice", details: member(name))
        }
        guard let unknown = members.first(where: { !known.contains($0.name) })?.name else { return members }
        let hint =
            if let nearest = EditDistance.nearest(to: unknown, among: known) {
                "did you mean '\(nearest)'?"
            } else if known.isEmpty {
                "this method takes none"
            } else {
                "this method takes \(known.map { "'\($0)'" }.joined(separator: ", "))"
            }
        throw .invalidParams("params has an unknown member '\(Excerpt.of(unknown))'; \(hint)", details: member(unknown))
    }

    private static func invalidParams(_ error: DecodingError) -> RPCError {
        switch error {
        case .keyNotFound(let key, let context):
            let path = path(context.codingPath + [key])
            return .invalidParams("'\(path)' is missing", details: member(path))
        case .valueNotFound(_, let context):
            let path = path(context.codingPath)
            return .invalidParams("'\(path)' must not be null", details: member(path))
        case .typeMismatch(let type, let context):
            let path = path(context.codingPath)
            return .invalidParams("'\(path)' must be \(noun(for: type))", details: member(path))
        case .dataCorrupted(let context):
            let path = path(context.codingPath)
            let reason = context.debugDescription
            return .invalidParams(path.isEmpty ? reason : "'\(path)': \(reason)", details: member(path))
        @unknown default:
            return .invalidParams("params cannot be read: \(error)")
        }
    }

    private static func member(_ path: String) -> [String: JSONValue] { ["member": .string(Excerpt.of(path))] }

    /// As `labels.team` or `argv[2]`.
    private static func path(_ keys: [any CodingKey]) -> String {
        var path = ""
        for key in keys {
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return Excerpt.of(path)
    }

    private static func noun(for type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "an integer"
        case is any BinaryFloatingPoint.Type: "a number"
        case is any Collection.Type: type is any KeyedCollection.Type ? "an object" : "an array"
        default: "of another type"
        }
    }
}

/// Tells `[String: …]` from an array when all that is known is a metatype.
private protocol KeyedCollection {}
extension Dictionary: KeyedCollection {}
