import SandboxCore
import Testing

@Suite struct ReadFormattingTests {
    @Test func numbersAreSixWideAndReal() throws {
        let slice = LineSlice(lines: [Array("a".utf8), [], Array("c\r".utf8)], totalLines: 12)
        #expect(
            try ReadFormatting.text(of: slice, offset: 9, limit: 3) == "    10\ta\n    11\t\n    12\tc\r")
        let far = LineSlice(lines: [Array("z".utf8)], totalLines: 1_234_567)
        #expect(try ReadFormatting.text(of: far, offset: 1_234_566, limit: 1) == "1234567\tz")
    }

    @Test func footerSaysHowManyAreLeft() throws {
        let slice = LineSlice(lines: [Array("a".utf8)], totalLines: 5)
        #expect(try ReadFormatting.text(of: slice, offset: 0, limit: 1) == "     1\ta\n\n... (4 more lines)")
        let none = LineSlice(lines: [], totalLines: 2)
        #expect(try ReadFormatting.text(of: none, offset: 0, limit: 0) == "\n\n... (2 more lines)")
    }

    @Test func emptyFileIsEmptyAndAnOffsetPastTheEndIsAnError() throws {
        let empty = LineSlice(lines: [], totalLines: 0)
        #expect(try ReadFormatting.text(of: empty, offset: 0, limit: 2000) == "")
        #expect(throws: SandboxError.file(.invalid, "Offset 3 exceeds file length (0 lines)")) {
            try ReadFormatting.text(of: empty, offset: 3)
        }
        #expect(throws: SandboxError.file(.invalid, "Offset 2 exceeds file length (2 lines)")) {
            try ReadFormatting.text(of: LineSlice(lines: [], totalLines: 2), offset: 2)
        }
    }

    @Test func bytesThatAreNotTextBecomeReplacementCharacters() throws {
        let slice = LineSlice(lines: [[0x61, 0xFF, 0x62]], totalLines: 1)
        #expect(try ReadFormatting.text(of: slice, offset: 0) == "     1\ta\u{FFFD}b")
    }

    @Test func theDefaultRangeIsCutAndAnExplicitOneIsRefused() throws {
        let long = LineSlice(lines: [[UInt8](repeating: 0x78, count: 300_000)], totalLines: 1)
        let text = try ReadFormatting.text(of: long, offset: 0)
        #expect(text.hasPrefix("     1\txxx"))
        #expect(
            text.hasSuffix(
                "x\n\n... (truncated at 200,000 chars — pass a smaller `limit`/`offset` or use `grep` to read the rest)"
            ))
        #expect(text.prefix { $0 != "\n" }.unicodeScalars.count == 200_000)
        let error = #expect(throws: SandboxError.self) { try ReadFormatting.text(of: long, offset: 0, limit: 1) }
        #expect(error?.kind == .file(.tooLarge))
        #expect(
            error?.message == "The requested range is too large to return (300,007 chars, limit 200,000). "
                + "Read a smaller slice with a lower `limit`, or use `grep` to locate the part you need.")
    }

    @Test func theCeilingCountsCharactersNotBytes() throws {
        let line = Array(String(repeating: "é", count: 199_993).utf8)
        let text = try ReadFormatting.text(of: LineSlice(lines: [line], totalLines: 1), offset: 0, limit: 1)
        #expect(text.unicodeScalars.count == 200_000)
    }
}
