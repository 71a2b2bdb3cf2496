import Foundation
import JSONRPC
import Testing

/// Foundation's coder is what the API's own is held against.
@Suite struct JSONCodingTests {
    private struct Everything: Codable, Equatable {
        enum Choice: String, Codable { case one, two }
        struct Inner: Codable, Equatable {
            var name: String
            var values: [Double]
        }

        var text: String
        var flag: Bool
        var small: Int8
        var large: UInt64
        var real: Double
        var choice: Choice
        var inner: Inner
        var list: [Inner]
        var table: [String: [Int]]
        var absent: String?
        var present: Int?
    }

    /// Asks its encoder for a container twice, as a value that is flattened into another one does.
    private struct Flattened: Codable, Equatable {
        var inner: Everything.Inner
        var extra: Int

        enum CodingKeys: CodingKey { case extra }

        init(inner: Everything.Inner, extra: Int) {
            self.inner = inner
            self.extra = extra
        }

        init(from decoder: any Decoder) throws {
            inner = try Everything.Inner(from: decoder)
            extra = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .extra)
        }

        func encode(to encoder: any Encoder) throws {
            try inner.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(extra, forKey: .extra)
        }
    }

    /// Nested containers by hand, left open in between.
    private struct Nested: Encodable {
        enum Key: CodingKey { case list, object, last }

        func encode(to encoder: any Encoder) throws {
            var outer = encoder.container(keyedBy: Key.self)
            var list = outer.nestedUnkeyedContainer(forKey: .list)
            try list.encode(1)
            var deep = list.nestedUnkeyedContainer()
            try deep.encodeNil()
            try list.encode("two")
            var object = outer.nestedContainer(keyedBy: Key.self, forKey: .object)
            try object.encode(true, forKey: .last)
            try outer.encode(3, forKey: .last)
        }
    }

    /// Writes to a container that a later one has closed.
    private struct Crossed: Encodable {
        enum Key: CodingKey { case first, second }

        func encode(to encoder: any Encoder) throws {
            var outer = encoder.container(keyedBy: Key.self)
            var first = outer.nestedContainer(keyedBy: Key.self, forKey: .first)
            try outer.encode(1, forKey: .second)
            try first.encode(2, forKey: .second)
        }
    }

    private let everything = Everything(
        text: "a\"b\\c/\u{0}\u{1F}\n\t\r\u{8}\u{C}é😀\u{2028}", flag: true, small: -128, large: .max, real: 1.5e-7,
        choice: .two, inner: .init(name: "", values: []),
        list: [.init(name: "x", values: [0.1, -0.0, 1e300, Double.leastNonzeroMagnitude, 3])],
        table: ["a": [1, 2], "": []], absent: nil,
        present: 7)

    @Test func writesWhatFoundationReads() throws {
        let bytes = try JSONCoding.encode(everything)
        #expect(!bytes.contains(UInt8(ascii: "\n")), "one message is one line")
        #expect(try JSONDecoder().decode(Everything.self, from: Data(bytes)) == everything)
        let flattened = Flattened(inner: everything.list[0], extra: 5)
        #expect(try JSONDecoder().decode(Flattened.self, from: Data(JSONCoding.encode(flattened))) == flattened)
    }

    @Test func readsWhatFoundationWrites() throws {
        for formatting in [JSONEncoder.OutputFormatting(), .prettyPrinted] {
            let encoder = JSONEncoder()
            encoder.outputFormatting = formatting
            let text = Array(try encoder.encode(everything))
            #expect(try JSONCoding.decode(Everything.self, from: text[...]) == everything)
        }
        let flattened = Flattened(inner: everything.list[0], extra: 5)
        let text = Array(try JSONEncoder().encode(flattened))
        #expect(try JSONCoding.decode(Flattened.self, from: text[...]) == flattened)
    }

    @Test func writesNumbersAsPeopleDo() throws {
        #expect(
            String(decoding: try JSONCoding.encode([3600, 12.5, -0.25, 1e15]), as: UTF8.self)
                == "[3600,12.5,-0.25,1000000000000000]")
        #expect(throws: EncodingError.self) { try JSONCoding.encode([Double.nan]) }
        #expect(throws: EncodingError.self) { try JSONCoding.encode(["a": Double.infinity]) }
    }

    @Test func writesNestedContainers() throws {
        let text = String(decoding: try JSONCoding.encode(Nested()), as: UTF8.self)
        #expect(text == #"{"list":[1,[null],"two"],"object":{"last":true},"last":3}"#)
        #expect(throws: EncodingError.self) { try JSONCoding.encode(Crossed()) }
    }

    @Test func readsEveryEscape() throws {
        let text = Array(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00""#.utf8)
        #expect(try JSONCoding.decode(String.self, from: text[...]) == "\"\\/\u{8}\u{C}\n\r\tAé€😀")
    }

    @Test(arguments: [("7", 7), ("-9223372036854775808", .min), ("2.0", 2), ("1e3", 1000)] as [(String, Int)])
    func readsWholeNumbers(_ text: String, _ value: Int) throws {
        #expect(try JSONCoding.decode(Int.self, from: Array(text.utf8)[...]) == value)
    }

    @Test(arguments: ["128", "-129", "1.5", "\"1\"", "true", "null", "1e400", "", "1 2", "[1]", "01", "\u{FEFF}1"])
    func refusesWhatIsNoSmallInteger(_ text: String) {
        #expect(throws: DecodingError.self) { try JSONCoding.decode(Int8.self, from: Array(text.utf8)[...]) }
    }

    @Test func namesThePathOfAnError() {
        let text = Array(#"{"inner":{"name":"x","values":[1,"two"]}}"#.utf8)
        let error = #expect(throws: DecodingError.self) {
            try JSONCoding.decode([String: Everything.Inner].self, from: text[...])
        }
        guard case .typeMismatch(_, let context)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(context.codingPath.map(\.stringValue) == ["inner", "values", "1"])
    }

    @Test func manyMembersAreFoundByName() throws {
        let table = Dictionary(uniqueKeysWithValues: (0..<20_000).map { ("member \($0)", $0) })
        let text = try JSONCoding.encode(table)
        #expect(try JSONCoding.decode([String: Int].self, from: text[...]) == table)
    }
}
