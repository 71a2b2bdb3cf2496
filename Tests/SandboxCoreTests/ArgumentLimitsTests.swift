import SandboxCore
import Testing

@Suite struct ArgumentLimitsTests {
    private func text(_ bytes: Int) -> String { String(repeating: "x", count: bytes) }

    private func refusal(_ argv: [String], _ environment: [String: String] = [:]) -> String? {
        do {
            try ArgumentLimits.check(argv: argv, environment: environment)
            return nil
        } catch {
            #expect(error.kind == .invalid)
            return error.message
        }
    }

    @Test func theLongestArgumentAndVariable() {
        #expect(refusal(["true", text(131_071)], ["A": text(131_069)]) == nil)
        #expect(refusal(["true", text(131_072)]) == "argv[1] must have at most 131071 bytes, has 131072")
        #expect(
            refusal(["true"], ["A": text(131_070)]) == "env.A with its name must have at most 131071 bytes, has 131072")
        #expect((refusal(["true"], [text(1_000_000): "v"]) ?? "").utf8.count < 200)
    }

    @Test func allOfThemTogether() {
        // 16 of 128 KiB with its NUL are all there is, and each needs a pointer.
        let most = Array(repeating: text(131_071), count: 15)
        #expect(refusal(most) == nil)
        #expect(
            refusal(most + [text(131_071)])
                == "argv and env must have at most 2097152 bytes in all, have \(16 * 131_080)")
        #expect(refusal(most, ["A": text(131_069)])?.contains("2097152") == true)
    }

    @Test func aSessionLeavesRoomForItsCommands() throws {
        let variables = (0..<8).map { ("V\($0)", text(131_000)) }
        try ArgumentLimits.check(environment: Dictionary(uniqueKeysWithValues: variables.dropLast()), of: "env")
        #expect(throws: SandboxError.self) {
            try ArgumentLimits.check(
                environment: Dictionary(uniqueKeysWithValues: variables + [("V8", text(1000))]), of: "env")
        }
    }
}
