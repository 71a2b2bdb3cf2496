import Foundation
import JSONRPC
import Testing

@Suite struct JSONOutlineTests {
    private func outline(_ text: String) throws -> JSONOutline { try JSONOutline(of: Array(text.utf8)[...]) }

    @Test func findsMembersAndElements() throws {
        let text = Array(" {\"a\" : [1,{\"x\":2}] , \"b\\u0041\\n\":\"}\" } ".utf8)
        guard case .object(let members) = try JSONOutline(of: text[...]) else {
            Issue.record("not an object")
            return
        }
        #expect(members.map(\.name) == ["a", "bA\n"])
        #expect(members.map { String(decoding: text[$0.value], as: UTF8.self) } == ["[1,{\"x\":2}]", "\"}\""])
        #expect(try outline("[1, [2], \"]\"]") == .array([1..<2, 4..<7, 9..<12]))
        #expect(try outline("[]") == .array([]))
        #expect(try outline("-0.5e+10") == .scalar)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{\"a\"}", "{a:1}", "{\"a\":1 \"b\":2}", "[1 2]", "01", "+1", "1.",
        ".5",
        "1e", "-", "tru", "nul", "True", "NaN", "Infinity", "\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u12", "\"a\nb\"",
        "\"a\u{0}b\"", "\u{0}", "1 2", "{}{}", "'a'", "[1]]", "\u{FEFF}{}", "/* */ 1", "\"\\", "0x10", "1_000",
    ])
    func refusesWhatIsNotJSON(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try outline(text) }
    }

    @Test func refusesBytesThatAreNotUTF8() {
        let broken: [[UInt8]] = [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]]
        for bytes in broken {
            #expect(throws: JSONSyntaxError.self) { try JSONOutline(of: [0x22] + bytes + [0x22]) }
        }
    }

    @Test func boundsNesting() throws {
        let deepest = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(try outline(deepest) == .array([1..<255]))
        #expect(throws: JSONSyntaxError.self) { try outline("[" + deepest + "]") }
        #expect(throws: JSONSyntaxError.self) { try outline(String(repeating: "[", count: 100_000)) }
        #expect(throws: JSONSyntaxError.self) { try outline(String(repeating: "{\"a\":", count: 100_000)) }
    }

    /// Seeded mutations of real messages, judged by Foundation's decoder too. That takes a comma before a closing
    /// bracket, which RFC 8259 does not.
    @Test func agreesWithTheDecoder() throws {
        var random = SplitMix(seed: 0x5EED)
        let seeds = [
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"session.get\",\"params\":{\"session_id\":\"u\\u00e4\"}}",
            "[{\"a\":[1.5e3,-0,true,false,null,\"\\\\\\\"\"]},{}]",
        ].map { Array($0.utf8) }
        let alphabet = Array("{}[]\",:\\u0123456789eE+-. truefalsn\u{7}".utf8)
        var accepted = 0
        for _ in 0..<4000 {
            var text = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text.remove(at: position)
                case 1: text.insert(alphabet.randomElement(using: &random) ?? 0x20, at: position)
                default: text[position] = alphabet.randomElement(using: &random) ?? 0x20
                }
            }
            let ours = (try? JSONOutline(of: text[...])) != nil
            let shown = String(decoding: text, as: UTF8.self)
            let theirs =
                !shown.contains(/,\s*[\]}]/)
                && (try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)) != nil
            if ours { accepted += 1 }
            #expect(ours == theirs, "\(shown)")
        }
        #expect(accepted > 100)
    }
}

/// SplitMix64: a small generator whose sequence the seed decides.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
