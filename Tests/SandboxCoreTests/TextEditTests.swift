import SandboxCore
import Testing

@Suite struct TextEditTests {
    private func replace(_ old: String, _ new: String, in text: String, all: Bool = false) throws -> (String, Int) {
        let (bytes, count) = try TextEdit.replace(
            Array(old.utf8), with: Array(new.utf8), in: Array(text.utf8), replacesAll: all, path: SandboxPath("/x"))
        return (String(decoding: bytes, as: UTF8.self), count)
    }

    @Test func replacesOneOrAll() throws {
        #expect(try replace("b", "XY", in: "abc") == ("aXYc", 1))
        #expect(try replace("a", "", in: "banana", all: true) == ("bnn", 3))
        #expect(try replace("ab", "ab", in: "xab") == ("xab", 1))
    }

    @Test func occurrencesDoNotOverlap() throws {
        #expect(try replace("aa", "b", in: "aaa") == ("ba", 1))
        #expect(try replace("aabaa", "-", in: "aabaabaa aabaa", all: true) == ("-baa -", 2))
        #expect(TextEdit.count(of: Array("aa".utf8), in: Array("aaaaa".utf8)) == 2)
    }

    @Test func saysWhatIsWrong() throws {
        #expect(throws: SandboxError.file(.noMatch, "String 'a' not found in file")) {
            try replace("a", "b", in: "xyz")
        }
        #expect(
            throws: SandboxError.file(
                .manyMatches,
                "String 'a' found 3 times. Use replace_all=True to replace all, or provide more context.")
        ) { try replace("a", "b", in: "banana") }
        #expect(throws: SandboxError.emptyOldString) { try replace("", "b", in: "abc", all: true) }
        #expect(throws: SandboxError.file(.noMatch, "String 'a' not found in file")) { try replace("a", "b", in: "") }
    }

    @Test func otherBytesStayWhatTheyAre() throws {
        let all = (0...255).map { UInt8($0) }
        let (bytes, count) = try TextEdit.replace(
            [0x41], with: [0xFF, 0x00], in: all, replacesAll: false, path: SandboxPath("/x"))
        #expect(count == 1)
        #expect(bytes == Array(all[..<0x41]) + [0xFF, 0x00] + Array(all[0x42...]))
    }

    @Test func aResultOverTheLimitIsRefusedBeforeItIsMade() throws {
        let many = [UInt8](repeating: 0x61, count: 1000)
        let error = #expect(throws: SandboxError.self) {
            try TextEdit.replace(
                [0x61], with: many, in: many, replacesAll: true, path: SandboxPath("/x"), limit: 999_999)
        }
        #expect(error?.kind == .file(.tooLarge))
    }

    @Test func agreesWithANaiveSearchOnRandomTexts() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 97...98, using: &random)
            }
            let needle = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                UInt8.random(in: 97...98, using: &random)
            }
            var expected = 0
            var index = 0
            while index + needle.count <= text.count {
                if Array(text[index..<(index + needle.count)]) == needle {
                    expected += 1
                    index += needle.count
                } else {
                    index += 1
                }
            }
            #expect(TextEdit.count(of: needle, in: text) == expected, "\(needle) in \(text)")
        }
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
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
