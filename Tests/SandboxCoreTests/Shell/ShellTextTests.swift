import Testing

@testable import SandboxCore

/// What is pure in the shell's part: quoting, and the parsing of answers, cut short at every byte.
@Suite struct ShellTextTests {
    @Test func quoting() {
        #expect(ShellQuoting.quoted("it's") == #"'it'\''s'"#)
        #expect(ShellQuoting.quoted(Array("$(x) `y` \\ \"".utf8)) == "'$(x) `y` \\ \"'")
        #expect(ShellQuoting.quoted([0xFF]) == nil)
        #expect(ShellQuoting.octal([0x00, 0x2F, 0xFF]) == #"\000\057\377"#)
        // A quote followed by a combining mark is one Character, and still a quote for the shell.
        #expect(ShellQuoting.quoted("'\u{301}x") == "''\\''\u{301}x'")
    }

    private func answer(_ text: String, truncated: Bool = false) -> ShellResult {
        ShellResult(stdout: Array(text.utf8), exitCode: 0, truncated: truncated)
    }

    @Test func answersAreWholeOrNothing() throws {
        let text = "sh: a warning\n#podkeeper ok 1 2\nZm9v\nYmFy\n#podkeeper end\n"
        let reply = try ShellReply(answer(text))
        #expect(reply.status == "ok" && reply.fields == ["1", "2"] && reply.body == Array("foobar".utf8))
        let start = text.utf8.count - "#podkeeper ok 1 2\nZm9v\nYmFy\n#podkeeper end\n".utf8.count
        for cut in (start + "#podkeeper ".utf8.count)..<(text.utf8.count - 1) {
            let error = #expect(throws: SandboxError.self) {
                try ShellReply(ShellResult(stdout: Array(text.utf8.prefix(cut)), exitCode: 0))
            }
            #expect(error?.kind == .backendUnavailable, "cut at \(cut)")
        }
        #expect(throws: SandboxError.self) { try ShellReply(answer("#podkeeper ok\nZm9v Ym\n#podkeeper end\n")) }
        #expect(throws: SandboxError.self) { try ShellReply(answer("#podkeeper ok\nZm9\n#podkeeper end\n")) }
    }

    @Test func aShellThatCannotIsNamed() {
        let result = ShellResult(stdout: [], stderr: Array("sh: not found".utf8), exitCode: 127)
        let error = #expect(throws: SandboxError.self) { try ShellReply(result) }
        #expect(error?.kind == .file(.invalid))
        #expect(error?.message.contains("127") == true && error?.message.contains("sh: not found") == true)
    }

    @Test func rowsWithAnyName() throws {
        let text = "/d/a\nb//81a4 7 12//\n/d/l//a1ff 3 5//\n/d/x//y z//41ed 0 1//\n"
        #expect(ShellRows(Array(text.utf8))?.isComplete == false, "a double slash is never in a path")
        let rows = try #require(
            ShellRows(Array("/d/a\nb//81a4 7 12//\n/d/l//a1ff 3 5//\n+\n/d/l//81ff 9 6//\n.\n".utf8)))
        #expect(rows.isComplete)
        #expect(rows.entries.map(\.name) == [Array("a\nb".utf8), Array("l".utf8)])
        #expect(rows.entries.map(\.size) == [7, 9])
        #expect(rows.entries.map(\.isSymlink) == [false, true])
        #expect(rows.entries.map(\.mode) == [0o644, 0o777])
    }

    @Test func rowsCutAnywhereAreNeverWrong() throws {
        let whole = Array("/d/a\nb//81a4 7 12//\n/d/l//a1ff 3 5//\n+\n/d/l//81ff 9 6//\n.\n".utf8)
        for cut in 0..<whole.count {
            let rows = try #require(ShellRows(Array(whole[..<cut])), "cut at \(cut)")
            #expect(!rows.isComplete)
            #expect(rows.rows.count == (cut < 20 ? 0 : cut < 37 ? 1 : 2), "cut at \(cut)")
        }
        #expect(ShellRows(Array("junk\n".utf8)) == nil)
        #expect(ShellRows(whole + [0x0A]) == nil)
        #expect(ShellRows(Array("/a//zz 1 2//\n.\n".utf8)) == nil)
    }

    @Test func matchesWithAnyName() throws {
        let text = "/r/./a:1:b\nc//\n1:x:y\n20:\n!/r/./no//\n/r/./z//\n3:/k//\n.\n"
        let found = try #require(
            ShellMatches(Array(text.utf8), prefix: Array("/r/.".utf8), root: Array("/r".utf8)))
        #expect(found.isComplete)
        let path = Array("/r/a:1:b\nc".utf8)
        #expect(
            found.matches == [
                GrepMatch(path: path, lineNumber: 1, line: Array("x:y".utf8)),
                GrepMatch(path: path, lineNumber: 20, line: []),
                GrepMatch(path: Array("/r/z".utf8), lineNumber: 3, line: Array("/k//".utf8)),
            ])
        #expect(found.unreadable == [Array("/r/no".utf8)])
        for cut in 0..<text.utf8.count {
            let part = try #require(ShellMatches(Array(text.utf8.prefix(cut))), "cut at \(cut)")
            #expect(!part.isComplete)
        }
        #expect(ShellMatches(Array("1:x\n.\n".utf8)) == nil, "a match without a file")
        #expect(ShellMatches(Array("junk\n".utf8)) == nil)
    }
}
