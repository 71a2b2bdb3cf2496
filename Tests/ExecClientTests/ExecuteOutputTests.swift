import SandboxCore
import Testing

@testable import ExecClient

@Suite struct ExecuteOutputTests {
    private static let limit = ExecuteResult.maximumOutputBytes

    private static func result(_ pieces: [[UInt8]], _ outcome: RunOutcome = .exited(code: 0)) -> ExecuteResult {
        var output = ExecuteOutput()
        for piece in pieces { output.append(piece) }
        return output.result(outcome)
    }

    @Test func `output up to the limit is whole`() {
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: Self.limit)
        let result = Self.result([bytes])
        #expect(result.output.utf8.count == Self.limit)
        #expect(!result.truncated)
    }

    @Test func `output over the limit is cut and keeps the exit code`() {
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: Self.limit)
        let result = Self.result([bytes, [1], bytes], .exited(code: 7))
        #expect(result.output.utf8.elementsEqual(bytes))
        #expect(result.truncated)
        #expect(result.exitCode == 7)
    }

    @Test(arguments: ["é", "€", "𝄞"])
    func `a character is never split at the limit`(_ character: String) {
        let width = character.utf8.count
        for shift in 0..<width {
            let start = [UInt8](repeating: UInt8(ascii: "x"), count: shift)
            let text = Array(String(repeating: character, count: Self.limit / width + 2).utf8)
            let result = Self.result([start + text])
            #expect(result.truncated)
            #expect(!result.output.unicodeScalars.contains("\u{FFFD}"))
            #expect(result.output.utf8.count > Self.limit - width)
            #expect(result.output.utf8.count <= Self.limit)
        }
    }

    @Test func `bytes that are not text stay within the limit as replacement characters`() {
        let result = Self.result([[UInt8](repeating: 0xFF, count: 50_000)])
        #expect(result.truncated)
        #expect(result.output.utf8.count == Self.limit / 3 * 3)
        #expect(result.output.unicodeScalars.allSatisfy { $0 == "\u{FFFD}" })
    }

    @Test func `a command that itself ends within a character keeps what it wrote`() {
        #expect(Self.result([[0x61, 0xE2, 0x82]]).output == "a\u{FFFD}")
    }

    @Test func `outcomes become exit codes`() {
        #expect(Self.result([], .signalled(15)).exitCode == 143)
        #expect(Self.result([], .oomKilled).exitCode == 137)
        let timedOut = Self.result([[0x61]], .timedOut)
        #expect(timedOut.exitCode == 124)
        #expect(timedOut.timedOut)
        #expect(timedOut.output == "a")
    }
}
