import Glibc
import SandboxCore
import Testing

@Suite struct ShellSearchingTests {
    private let tree = TestTree()

    private func files(_ shell: HostShell) -> ShellFileOperations<HostShell> {
        ShellFileOperations(runner: shell, workDirectory: tree.path)
    }

    private func grep(_ shell: HostShell, _ query: GrepQuery) async throws -> [String] {
        try await files(shell).grep(query).matches.map { match in
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

    @Test(arguments: HostShell.all) func findsLines(shell: HostShell) async throws {
        makeFiles()
        let visible = [
            "-e:1:foo", "a.txt:1:foo", "a.txt:3:foo bar", "odd:1:\nname:1:foo", "sub dir/b.py:1:x = 'foo'\r",
        ]
        #expect(try await grep(shell, GrepQuery(pattern: "foo")) == visible)
        #expect(try await grep(shell, GrepQuery(pattern: "foo", path: SandboxPath("."))) == visible)
        let all = try await grep(shell, GrepQuery(pattern: "foo", ignoresHidden: false))
        #expect(all == ["-e:1:foo", ".git/config:1:foo", ".hidden:1:foo"] + visible.dropFirst())
        // An explicit root is searched, whatever its name and number.
        #expect(try await grep(shell, GrepQuery(pattern: "foo", path: SandboxPath(".hidden"))) == [".hidden:1:foo"])
        #expect(try await grep(shell, GrepQuery(pattern: "foo", path: SandboxPath(".git"))) == [".git/config:1:foo"])
        #expect(
            try await grep(shell, GrepQuery(pattern: "bar", path: SandboxPath("link"))) == [
                "link:2:bar", "link:3:foo bar",
            ])
    }

    @Test(arguments: HostShell.all) func globsAndExpressions(shell: HostShell) async throws {
        makeFiles()
        #expect(try await grep(shell, GrepQuery(pattern: "foo", glob: "*.py")) == ["sub dir/b.py:1:x = 'foo'\r"])
        #expect(
            try await grep(shell, GrepQuery(pattern: "foo", glob: "sub*/*.{py,c}")) == ["sub dir/b.py:1:x = 'foo'\r"])
        #expect(try await grep(shell, GrepQuery(pattern: "^(foo|none)$", glob: "*.txt")) == ["a.txt:1:foo"])
        #expect(try await grep(shell, GrepQuery(pattern: "'foo'", glob: "*.py")).count == 1)
        #expect(try await grep(shell, GrepQuery(pattern: "-e", path: SandboxPath("a.txt"))).isEmpty)
        #expect(try await grep(shell, GrepQuery(pattern: "", path: SandboxPath("a.txt"))).count == 3)
        #expect(try await grep(shell, GrepQuery(pattern: "$(touch pwned)`touch pwned`")).isEmpty)
        #expect(!tree.names().contains("pwned"))
        tree.make(Array("latin".utf8), [0x66, 0xFC, 0x72, 0x0A])
        #expect(
            try await files(shell).grep(GrepQuery(pattern: "f.r", path: SandboxPath("latin"))).matches.map(\.line)
                == [[0x66, 0xFC, 0x72]])
    }

    @Test(arguments: HostShell.all) func errors(shell: HostShell) async throws {
        tree.make("f", "x")
        mkfifo(tree.full("fifo"), 0o644)
        let cases: [(GrepQuery, SandboxError.Kind)] = [
            (GrepQuery(pattern: "["), .invalid), (GrepQuery(pattern: "(a"), .invalid),
            (GrepQuery(pattern: "x", path: try SandboxPath("none")), .file(.notFound)),
            (GrepQuery(pattern: "x", path: try SandboxPath("fifo")), .file(.invalid)),
            (GrepQuery(pattern: "x", limit: 0), .invalid),
        ]
        for (query, kind) in cases {
            let error = await #expect(throws: SandboxError.self) { try await files(shell).grep(query) }
            #expect(error?.kind == kind, "\(query.pattern): \(error?.message ?? "")")
        }
    }

    @Test(arguments: HostShell.all + HostShell.small) func limits(shell: HostShell) async throws {
        for number in 10..<40 { tree.make("f\(number)", String(repeating: "foo\n", count: 10)) }
        let few = try await files(shell).grep(GrepQuery(pattern: "foo", limit: 7))
        #expect(few.matches.count == 7 && few.truncated)
        let all = try await files(shell).grep(GrepQuery(pattern: "foo"))
        if shell.maximumOutputBytes > 10_000 {
            #expect(all.matches.count == 300 && !all.truncated)
        } else {
            #expect(all.matches.count < 300 && !all.matches.isEmpty && all.truncated)
        }
        tree.make("long", String(repeating: "a", count: 30_000) + "\n")
        let long = try await HostShellCheck.long(files(shell), shell)
        #expect(long.truncated)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can stop being root"), arguments: HostShell.all)
    func theUnreadableIsReportedAndSpoilsNothing(shell: HostShell) async throws {
        var shell = shell
        shell.isUnprivileged = true
        tree.make("ok", "foo")
        tree.make("secret", "foo")
        tree.make("no/x", "foo")
        chmod(tree.full("secret"), 0o000)
        chmod(tree.full("no"), 0o000)
        let result = try await files(shell).grep(GrepQuery(pattern: "foo"))
        #expect(result.matches.map(\.path) == [Array("\(tree.path)/ok".utf8)])
        #expect(result.unreadable == [Array("\(tree.path)/no".utf8), Array("\(tree.path)/secret".utf8)])
        let root = await #expect(throws: SandboxError.self) {
            try await files(shell).grep(GrepQuery(pattern: "foo", path: SandboxPath("no")))
        }
        #expect(root?.kind == .file(.permissionDenied))
    }
}

private enum HostShellCheck {
    static func long(_ files: ShellFileOperations<HostShell>, _ shell: HostShell) async throws -> GrepResult {
        let result = try await files.grep(GrepQuery(pattern: "aaa", path: SandboxPath("long")))
        // Where an answer has room for the cut line, it is there.
        if shell.maximumOutputBytes > 10_000 {
            #expect(result.matches.map(\.line.count) == [FileLimits.maximumMatchLineBytes])
        }
        return result
    }
}
