import ExecServer
import Glibc
import SandboxCore
import Testing

@Suite struct FileSearchingTests {
    private let tree = TestTree()
    private var files: FileOperations { FileOperations(workDirectory: tree.path) }

    private func grep(_ query: GrepQuery) throws -> [String] {
        try files.grep(query).matches.map { match in
            let path = String(decoding: match.path.dropFirst(tree.path.utf8.count + 1), as: UTF8.self)
            return "\(path):\(match.lineNumber):\(String(decoding: match.line, as: UTF8.self))"
        }
    }

    private func makeFiles() {
        tree.make("a.txt", "foo\nbar\nfoo bar")
        tree.make("sub dir/b.py", "x = 'foo'\r\n")
        tree.make("odd:1:\nname", "foo")
        tree.make(".hidden", "foo")
        tree.make(".git/config", "foo")
        tree.make("bin", "foo\u{0}foo\n")
        tree.make("-e", "foo")
        tree.makeLink("link", to: "a.txt")
    }

    @Test func findsLines() throws {
        makeFiles()
        let visible = [
            "-e:1:foo", "a.txt:1:foo", "a.txt:3:foo bar", "odd:1:\nname:1:foo", "sub dir/b.py:1:x = 'foo'\r",
        ]
        #expect(try grep(GrepQuery(pattern: "foo")) == visible)
        #expect(try grep(GrepQuery(pattern: "foo", path: SandboxPath("."))) == visible)
        #expect(
            try grep(GrepQuery(pattern: "foo", ignoresHidden: false))
                == ["-e:1:foo", ".git/config:1:foo", ".hidden:1:foo"] + visible.dropFirst())
        #expect(try grep(GrepQuery(pattern: "foo", path: SandboxPath(".hidden"))) == [".hidden:1:foo"])
        #expect(try grep(GrepQuery(pattern: "foo", path: SandboxPath(".git"))) == [".git/config:1:foo"])
        #expect(try grep(GrepQuery(pattern: "bar", path: SandboxPath("link"))) == ["link:2:bar", "link:3:foo bar"])
        #expect(try grep(GrepQuery(pattern: "foo", glob: "*.py")) == ["sub dir/b.py:1:x = 'foo'\r"])
        #expect(try grep(GrepQuery(pattern: "foo", glob: "sub*/*.{py,c}")) == ["sub dir/b.py:1:x = 'foo'\r"])
    }

    @Test(arguments: [
        ("a|b", ["a", "b"]), ("^x{2,3}$", ["xx"]), ("[[:digit:]]+", ["42"]),
        ("", ["a", "b", "xx", "42", "é", "", "(", "|"]),
        ("\\(", ["("]), ("^$", [""]), ("é", ["é"]), ("[|]", ["|"]), ("x.*", ["xx"]),
        ("^.?.$", ["a", "b", "xx", "42", "é", "(", "|"]),
    ])
    func expressions(pattern: String, lines: [String]) throws {
        tree.make("f", "a\nb\nxx\n42\né\n\n(\n|\n")
        #expect(
            try files.grep(GrepQuery(pattern: pattern)).matches.map { String(decoding: $0.line, as: UTF8.self) }
                == lines)
    }

    @Test func errors() throws {
        tree.make("f", "x")
        mkfifo(tree.full("fifo"), 0o644)
        let cases: [(GrepQuery, SandboxError.Kind)] = [
            (GrepQuery(pattern: "["), .invalid), (GrepQuery(pattern: "(a"), .invalid),
            (GrepQuery(pattern: "a\nb"), .invalid),
            (GrepQuery(pattern: "x", path: try SandboxPath("none")), .file(.notFound)),
            (GrepQuery(pattern: "x", path: try SandboxPath("fifo")), .file(.invalid)),
            (GrepQuery(pattern: "x", limit: 0), .invalid), (GrepQuery(pattern: "x", glob: ""), .invalid),
        ]
        for (query, kind) in cases {
            let error = #expect(throws: SandboxError.self) { try files.grep(query) }
            #expect(error?.kind == kind)
        }
        #expect(throws: SandboxError.invalid("pattern '(a' is not an extended regular expression: Unmatched ( or \\("))
        {
            try files.grep(GrepQuery(pattern: "(a"))
        }
    }

    @Test func limits() throws {
        for number in 10..<40 { tree.make("f\(number)", String(repeating: "foo\n", count: 10)) }
        let few = try files.grep(GrepQuery(pattern: "foo", limit: 7))
        #expect(few.matches.count == 7 && few.truncated)
        let all = try files.grep(GrepQuery(pattern: "foo", limit: 300))
        #expect(all.matches.count == 300 && !all.truncated)
    }

    @Test func longLinesAreCut() throws {
        tree.make(Array("long".utf8), [UInt8](repeating: 0x61, count: 3 << 20) + Array("b\nshort b\n".utf8))
        let found = try files.grep(GrepQuery(pattern: "aaa"))
        #expect(found.matches.map(\.line.count) == [FileLimits.maximumMatchLineBytes] && found.truncated)
        // What lies beyond the first megabyte of a line is not searched, and the result says that it is incomplete.
        let beyond = try files.grep(GrepQuery(pattern: "b"))
        #expect(beyond.matches.map(\.lineNumber) == [2] && beyond.truncated)
    }

    @Test func linesAcrossBlocksAndManyOfThem() throws {
        tree.make("f", (0..<60_000).map { "number \($0)\n" }.joined())
        let found = try files.grep(GrepQuery(pattern: "77$", limit: 10_000))
        #expect(found.matches.map(\.lineNumber) == (0..<60_000).filter { $0 % 100 == 77 }.map { $0 + 1 })
    }

    @Test func aPatternThatWouldTakeForeverElsewhereDoesNot() throws {
        tree.make("f", String(repeating: "a", count: 5000) + "\n")
        #expect(try files.grep(GrepQuery(pattern: "^(a+)+$(a|aa)*b")).matches.isEmpty)
        #expect(try files.grep(GrepQuery(pattern: "(a|b)*a(a|b){12}c")).matches.isEmpty)
    }
}

private enum Unprivileged {
    @_silgen_name("setfsuid") static func setfsuid(_ user: UInt32) -> Int32

    /// Runs as uid 65534 as far as files go, on this thread only (setfsuid(2)).
    static func run<Result>(_ body: () throws -> Result) rethrows -> Result {
        _ = setfsuid(65534)
        defer { _ = setfsuid(0) }
        return try body()
    }
}

@Suite(.enabled(if: geteuid() == 0, "only root can stop being root")) struct UnreadableFileTests {
    private let tree = TestTree()
    private var files: FileOperations { FileOperations(workDirectory: tree.path) }

    private func kind(_ body: () throws -> Void) -> SandboxError.Kind? {
        do { try Unprivileged.run(body) } catch { return (error as? SandboxError)?.kind }
        return nil
    }

    @Test func spoilsNothingElse() throws {
        tree.make("ok", "foo")
        tree.make("secret", "foo")
        tree.make("no/x", "foo")
        chmod(tree.full("secret"), 0o000)
        chmod(tree.full("no"), 0o000)
        let result = try Unprivileged.run { try files.grep(GrepQuery(pattern: "foo")) }
        #expect(result.matches.map(\.path) == [Array("\(tree.path)/ok".utf8)])
        #expect(result.unreadable == [Array("\(tree.path)/no".utf8), Array("\(tree.path)/secret".utf8)])
        let found = try Unprivileged.run { try files.glob("**/*", root: "") }
        #expect(found.entries.map(\.name) == [Array("ok".utf8), Array("secret".utf8)])
        #expect(try Unprivileged.run { try files.list(SandboxPath(".")) }.entries.count == 3)
        for path in [try SandboxPath("no"), try SandboxPath("secret")] {
            #expect(kind { _ = try files.grep(GrepQuery(pattern: "foo", path: path)) } == .file(.permissionDenied))
        }
    }

    @Test func isDeniedByName() throws {
        tree.make("secret", "foo")
        tree.make("readonly", "foo")
        tree.make("no/x", "foo")
        chmod(tree.full("secret"), 0o000)
        chmod(tree.full("readonly"), 0o444)
        chmod(tree.full("no"), 0o000)
        let denied = SandboxError.Kind.file(.permissionDenied)
        #expect(kind { _ = try files.readBytes(SandboxPath("secret"), offset: 0, length: 1) } == denied)
        #expect(kind { _ = try files.list(SandboxPath("no")) } == denied)
        // Names can be read there, and nothing else.
        chmod(tree.full("no"), 0o744)
        #expect(kind { _ = try files.list(SandboxPath("no")) } == denied)
        chmod(tree.full("no"), 0o000)
        #expect(kind { _ = try files.readBytes(SandboxPath("no/x"), offset: 0, length: 1) } == denied)
        #expect(kind { _ = try files.write(SandboxPath("no/y"), contents: []) } == denied)
        #expect(kind { _ = try files.write(SandboxPath("readonly"), contents: []) } == denied)
        #expect(
            kind { _ = try files.edit(SandboxPath("readonly"), replacing: [0x66], with: [], replacesAll: false) }
                == denied)
        #expect(tree.contents("readonly") == Array("foo".utf8))
        #expect(try Unprivileged.run { try files.exists(SandboxPath("no/x")) } == false)
        chmod(tree.path, 0o755)
        #expect(kind { _ = try files.write(SandboxPath("new"), contents: []) } == denied)
        #expect(kind { _ = try files.write(SandboxPath("a/b"), contents: []) } == denied)
    }
}
