import SandboxCore
import Testing

@testable import KubernetesSandbox

@Suite struct ShellFrameTests {
    /// The same stream cut in every possible pair of places must give the same.
    @Test func cutsMakeNoDifference() {
        let stream = Array("a\nM:start 7\nout M: put\n\u{0}xM:exit 3\nlate".utf8)
        for first in 0...stream.count {
            for second in first...stream.count {
                var frame = ShellFrame(marker: "M:")
                var output: [UInt8] = []
                for piece in [stream[..<first], stream[first..<second], stream[second...]] {
                    output += frame.feed(.stdout, Array(piece))
                }
                #expect(frame.shellID == 7)
                #expect(frame.result == nil, "stderr is not done")
                _ = frame.feed(.stderr, Array("M:end\n".utf8))
                #expect(frame.result == .exited(3))
                #expect(String(decoding: output, as: UTF8.self) == "a\nout \u{0}x", "\(first), \(second)")
            }
        }
    }

    @Test func outputPassesThroughWhateverItIs() {
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<200 {
            let count = Int.random(in: 0...300, using: &generator)
            // Few different bytes: beginnings of the marker come often.
            let alphabet: [UInt8] = [0, 77, 58, 10, 255]
            let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            let output = bytes.filter { $0 != 58 }
            var scanner = MarkerScanner(marker: "MMM:")
            var seen: [UInt8] = []
            var rest = output[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...7, using: &generator))
                rest = rest.dropFirst(piece.count)
                for item in scanner.feed(Array(piece)) {
                    if case .output(let bytes) = item { seen += bytes } else { Issue.record("\(item)") }
                }
            }
            #expect(seen + scanner.finish() == output)
        }
    }

    @Test func noEndIsNoResult() {
        var frame = ShellFrame(marker: "M:")
        _ = frame.feed(.stdout, Array("M:start 7\nM:exit 999\nM:exit x\nM:what\n".utf8))
        _ = frame.feed(.stderr, Array("M:end\n".utf8))
        #expect(frame.result == nil)
    }

    @Test func whatAChildWritesAfterwardsDoesNotCount() {
        var frame = ShellFrame(marker: "M:")
        #expect(frame.feed(.stdout, Array("xM:exit 0\ny".utf8)) == Array("x".utf8))
        #expect(frame.feed(.stdout, Array("z".utf8)).isEmpty)
        #expect(frame.feed(.stderr, Array("eM:end\nf".utf8)) == Array("e".utf8))
        #expect(frame.feed(.stderr, Array("g".utf8)).isEmpty)
        #expect(frame.result == .exited(0))
    }

    @Test(arguments: [(124, 5), (143, 5), (137, 7)]) func timeoutsOfEveryKindOfImage(code: Int, seconds: Int) {
        #expect(PodShell.end(.exited(code), timeout: 5, elapsed: .seconds(seconds)) == .timedOut)
        #expect(PodShell.end(.exited(code), timeout: 5, elapsed: .seconds(4)) == .exited(code))
    }
}

struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
