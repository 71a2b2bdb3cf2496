import Testing

@testable import ExecAPI

@Suite("Run frames") struct RunFrameTests {
    private static let frames: [RunFrame] = [
        .stdout(offset: 0, bytes: [1, 2, 3]),
        .stderr(offset: 7, bytes: []),
        .keepAlive,
        .stdout(offset: UInt64(UInt32.max) + 5, bytes: [UInt8](repeating: 0xFF, count: 300)),
        .outcome(Array(#"{"kind":"exited"}"#.utf8)),
    ]

    private func decodeAll(_ decoder: inout RunFrameDecoder) throws -> [RunFrame] {
        var frames: [RunFrame] = []
        while let frame = try decoder.next() { frames.append(frame) }
        return frames
    }

    @Test("come out as they went in, wherever the bytes are cut")
    func splitAtEveryByte() throws {
        let bytes = Self.frames.flatMap(\.encoded)
        for cut in 0...bytes.count {
            var decoder = RunFrameDecoder()
            decoder.append(bytes[..<cut])
            var frames = try decodeAll(&decoder)
            decoder.append(bytes[cut...])
            frames += try decodeAll(&decoder)
            #expect(frames == Self.frames)
            #expect(decoder.isAtBoundary)
        }
    }

    @Test("come out byte by byte")
    func singleBytes() throws {
        var decoder = RunFrameDecoder()
        var frames: [RunFrame] = []
        for byte in Self.frames.flatMap(\.encoded) {
            decoder.append([byte])
            frames += try decodeAll(&decoder)
        }
        #expect(frames == Self.frames)
    }

    @Test("have the documented bytes")
    func layout() {
        #expect(
            RunFrame.stderr(offset: 258, bytes: [9]).encoded == [2, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 2, 9])
        #expect(RunFrame.keepAlive.encoded == [4, 0, 0, 0, 0])
        #expect(
            RunFrame.outputHeader(true, offset: 258, count: 1) + [9] == RunFrame.stderr(offset: 258, bytes: [9]).encoded
        )
    }

    @Test("of an unknown type are skipped")
    func unknownType() throws {
        var decoder = RunFrameDecoder()
        decoder.append([99, 0, 0, 0, 2, 1, 1] + RunFrame.keepAlive.encoded)
        #expect(try decodeAll(&decoder) == [.keepAlive])
    }

    @Test("that claim too much, or too little for their offset, are errors and no traps")
    func damaged() {
        for bytes: [UInt8] in [[1, 0xFF, 0xFF, 0xFF, 0xFF], [1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]] {
            var decoder = RunFrameDecoder()
            decoder.append(bytes)
            #expect(throws: RunFrameError.self) { try decoder.next() }
        }
    }

    @Test("that are cut off leave the decoder off a boundary")
    func cutOff() throws {
        var decoder = RunFrameDecoder()
        decoder.append(RunFrame.stdout(offset: 0, bytes: [1, 2]).encoded.dropLast())
        #expect(try decoder.next() == nil)
        #expect(!decoder.isAtBoundary)
    }

    @Test("made of random bytes never trap")
    func randomBytes() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            var decoder = RunFrameDecoder()
            let count = Int.random(in: 0..<64, using: &generator)
            decoder.append((0..<count).map { _ in UInt8.random(in: 0...5, using: &generator) })
            var frames = 0
            while let frame = try? decoder.next() {
                frames += 1
                #expect(frame.encoded.count <= count)
            }
            #expect(frames <= count / RunFrame.headerBytes)
        }
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
