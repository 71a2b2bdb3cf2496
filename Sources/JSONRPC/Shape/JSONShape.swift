/// What the JSON of a type looks like, found out by decoding the type from a decoder that has every member there is.
package struct JSONShape: Sendable {
    package struct Member: Sendable {
        package let name: String
        /// False where the type decodes it only if it is present.
        package let isRequired: Bool
        package let schema: JSONValue
    }

    /// JSON Schema (draft 7, which OpenRPC 1.3 refers to).
    package let schema: JSONValue
    /// Of an object, in the order in which the type decodes them; empty for everything else.
    package let members: [Member]
    /// A value of the type, every member included.
    package let example: JSONValue

    /// Throws for a type whose `init(from:)` refuses what the decoder made up for it: such a type is to be
    /// `JSONShaped`, an enumeration of strings `CaseIterable`.
    package init<T: Codable>(of type: T.Type) throws {
        let probe = ShapeProbe()
        let value = try probe.read(type)
        schema = probe.schema
        members = probe.members
        let text = try JSONCoding.encode(value)
        example = try JSONCoding.decode(JSONValue.self, from: text[...])
        guard try JSONCoding.encode(try JSONCoding.decode(type, from: text[...])).count == text.count else {
            throw RPCError.internalError("\(type) is not what it was once it was written and read")
        }
    }
}

/// A type that tells its shape itself, because its `init(from:)` takes only certain texts or tries several types.
package protocol JSONShaped: Codable {
    static var schema: JSONValue { get }
    static var example: Self { get }
}

/// A member of such a type is always written, as `null` where it has no value.
package protocol JSONAlwaysPresent {}

extension JSONValue: JSONShaped {
    package static var schema: JSONValue { [:] }
    package static var example: JSONValue { [:] }
}

extension JSONRPCID: JSONShaped {
    package static var schema: JSONValue { ["type": ["integer", "number", "string", "null"]] }
    package static var example: JSONRPCID { .integer(1) }
}
