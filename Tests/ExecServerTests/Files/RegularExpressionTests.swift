import Foundation
import SandboxCore
import Testing

@testable import ExecServer

@Suite struct RegularExpressionTests {
    private func matches(_ pattern: String, _ line: String) throws -> Bool {
        let expression = try ExtendedRegularExpression(pattern)
        return Array(line.utf8).withUnsafeBytes(expression.matches)
    }

    @Test(arguments: [
        ("^", [""], []), ("$", ["", "a"], []), ("^$", [""], ["a"]), ("a^b|a$b", [], ["ab", "a^b"]),
        ("(^|b)a", ["a", "xba"], ["xa"]), ("^^a$$", ["a"], ["aa"]), ("(^a)*b$", ["ab", "xb"], ["a"]),
        // glibc forgets the anchor of the second.
        ("(^a){2}|(b$){2}", [], ["aa", "bb"]),
        ("\\bfoo\\b", ["foo", "a foo.", "-foo-"], ["xfoo", "foo_", "foo1"]), ("\\Bo\\B", ["foot"], ["o", "fo"]),
        ("\\<a", ["a", " a"], ["ba", ""]), ("a\\>", ["a", "a "], ["ab"]), ("\\B", ["", "ab", " "], ["a"]),
        ("\\`a\\'", ["a"], ["ab", "ba"]), ("\\w\\W\\s\\S", ["a. b"], ["a.b"]), ("(\\b\\B)*a", ["a"], [""]),
        ("(()(\\B\\b(){0,2})*)*x", ["x"], ["y"]), (")|}", [")", "}"], ["("]),
        ("a{,2}b{2}|c{2,}", ["bb", "cc"], ["b", "c"]),
        ("a{0}b{1}{1}***", ["", "b"], []), ("a**?+x", ["x", "aax"], ["a"]), ("(|a)b()", ["b", "ab"], ["a"]),
        ("\\[\\.\\d", ["[.d"], ["[.1"]), ("[]a-]x[^]]", ["]xa", "-x["], ["ax]", "bxa"]),
    ])
    func meaning(pattern: String, found: [String], notFound: [String]) throws {
        for line in found { #expect(try matches(pattern, line), "'\(line)'") }
        for line in notFound { #expect(try !matches(pattern, line), "'\(line)'") }
    }

    @Test(arguments: [
        "(", "(a", "[", "[a", "[^]", "a\\", "*", "a|+", "(?", "^*", "\\b+", "{1}", "a{", "a{}", "a{x}", "a{2,1}",
        "a{1,2,3}",
        "[b-a]", "[[:none:]]", "[[.ab.]]", "a{1",
    ])
    func whatIsNoneIsRefusedInTheWordsOfGlibc(pattern: String) {
        let expected = #expect(throws: SandboxError.self) { _ = try CompiledExpression(pattern) }
        let error = #expect(throws: SandboxError.self) { _ = try ExtendedRegularExpression(pattern) }
        #expect(error == expected)
    }

    /// Random patterns and lines. Without anchors: glibc loses those that are repeated.
    @Test func agreesWithGlibc() throws {
        var random = RandomPatterns(seed: 7)
        for _ in 0..<1500 {
            let pattern = random.pattern(depth: 3)
            guard (try? GrepPattern.check(pattern)) != nil else { continue }
            let reference = try? CompiledExpression(pattern)
            let own = try? ExtendedRegularExpression(pattern)
            #expect((reference == nil) == (own == nil), "\(pattern)")
            guard let reference, let own else { continue }
            for _ in 0..<8 {
                let line = random.line()
                let isFound = line.withUnsafeBytes(own.matches)
                #expect(isFound == line.withUnsafeBytes(reference.matches), "\(pattern) in \(line)")
            }
        }
    }

    // In a process of its own: the others' memory would be counted too.
    @Test func patternsOfManyStatesAreSearchedInLittleMemory() async {
        await #expect(processExitsWith: .success) {
            func peak() throws -> Int {
                let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
                let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
                return try #require(Int(line.split(whereSeparator: { !$0.isNumber })[0])) * 1024
            }
            var random = RandomPatterns(seed: 7)
            // Each byte of it leads to another state of these patterns.
            let line = (0..<8000).map { _ in
                Bool.random(using: &random.generator) ? UInt8(ascii: "a") : UInt8(ascii: "b")
            }
            for pattern in ["[ab]*a[ab]{980}c", "(a|b)*a(a|b){300}c", "[ab]*a[ab]{100}c"] {
                let expression = try ExtendedRegularExpression(pattern)
                let before = try peak()
                #expect(!line.withUnsafeBytes(expression.matches))
                #expect(
                    (line + [UInt8(ascii: "a")] + line.prefix(980) + [UInt8(ascii: "c")])
                        .withUnsafeBytes(expression.matches))
                #expect(try peak() - before < 32 << 20)
            }
        }
    }
}

/// Patterns without anchors, and lines of what occurs in them.
private struct RandomPatterns {
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        // Marsaglia's xorshift64.
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private static let atoms = [
        "a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\W", "\\s", "\\S", "_", " ", "é", "[[:alpha:]]", "[]a]", "[a-]",
        "\\.", "()", ")", "}", "[[.a.]-c]", "-", "\\a", "[a", "{", "(", "[b-a]", "[[:x:]]", "[a-[:digit:]]", "\\(",
        "[--a]",
        "[a-b-c]", "[^-]", "[[=a=]b]", "[]", "[^]",
    ]
    private static let repetitions = [
        "*", "+", "?", "{2}", "{0,2}", "{1,}", "{,2}", "{0}", "{1}", "{,}", "{1,3}", "{", "{}", "{2,1}", "{01}",
        "{1,a}",
    ]
    private static let bytes = Array("aaabbbc_ é.-})]1".utf8) + [0, 0xFF]

    var generator: Generator

    init(seed: UInt64) { generator = Generator(state: seed) }

    mutating func pattern(depth: Int) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<7: text += Self.atoms.randomElement(using: &generator) ?? ""
            case 7, 8: text += depth > 0 ? "(\(pattern(depth: depth - 1)))" : "a"
            default: text += "|"
            }
            if Int.random(in: 0..<3, using: &generator) == 0 {
                text += Self.repetitions.randomElement(using: &generator) ?? ""
            }
        }
        return text
    }

    mutating func line() -> [UInt8] {
        (0..<Int.random(in: 0...8, using: &generator)).map { _ in Self.bytes.randomElement(using: &generator) ?? 0 }
    }
}
