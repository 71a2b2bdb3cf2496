import JSONRPC
import Testing

@Suite struct JSONShapeTests {
    private enum Color: String, Codable, CaseIterable { case red, green }

    private struct Inner: Codable {
        var flag: Bool
        var numbers: [Int32]?
    }

    private struct Whole: Codable {
        var name: String
        var color: Color
        var inner: Inner
        var map: [String: Double]
        var list: [Inner]
        var size: UInt64?
        var any: JSONValue?

        private enum CodingKeys: String, CodingKey {
            case name = "the_name"
            case color, inner, map, list, size, any
        }
    }

    @Test func findsEveryMember() throws {
        let shape = try JSONShape(of: Whole.self)
        #expect(shape.members.map(\.name) == ["the_name", "color", "inner", "map", "list", "size", "any"])
        #expect(shape.members.filter { !$0.isRequired }.map(\.name) == ["size", "any"])
        let properties = try #require(shape.schema["properties"])
        #expect(properties["the_name"] == ["type": "string"])
        #expect(properties["color"] == ["type": "string", "enum": ["red", "green"]])
        #expect(properties["map"] == ["type": "object", "additionalProperties": ["type": "number"]])
        #expect(properties["size"] == ["type": "integer", "minimum": 0])
        #expect(properties["list"]?["items"]?["required"] == ["flag"])
        #expect(
            properties["inner"]?["properties"] == [
                "flag": ["type": "boolean"], "numbers": ["type": "array", "items": ["type": "integer"]],
            ])
    }

    @Test func itsExampleHasEveryMember() throws {
        let shape = try JSONShape(of: Whole.self)
        let again = try JSONCoding.decode(Whole.self, from: try JSONCoding.encode(shape.example)[...])
        #expect(again.color == .red)
        #expect(again.inner.numbers == [1])
        #expect(again.size == 1)
    }

    private enum Closed: String, Codable { case only }

    @Test func refusesWhatItCannotLookInto() {
        #expect(throws: (any Error).self) { try JSONShape(of: Closed.self) }
    }
}
