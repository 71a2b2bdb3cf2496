import Glibc
import SandboxCore
import Testing

@Suite struct ShellReadingTests {
    private let tree = TestTree()

    private func files(_ shell: HostShell) -> ShellFileOperations<HostShell> {
        ShellFileOperations(runner: shell, workDirectory: tree.path)
    }

    private func kind(_ body: () async throws -> Void) async -> SandboxError.Kind? {
        do { try await body() } catch { return (error as? SandboxError)?.kind }
        return nil
    }

    @Test(arguments: HostShell.all + HostShell.small) func everyByteComesBack(shell: HostShell) async throws {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8)) }
        tree.make(Array("b".utf8), bytes)
        let path = try SandboxPath("b")
        let whole = try await files(shell).readBytes(path, offset: 0, length: .max)
        #expect(whole == ByteSlice(bytes: bytes, size: 10_000, isAtEnd: true))
        let middle = try await files(shell).readBytes(path, offset: 4090, length: 13)
        #expect(middle == ByteSlice(bytes: Array(bytes[4090..<4103]), size: 10_000, isAtEnd: false))
        let exact = try await files(shell).readBytes(path, offset: 8192, length: 1808)
        #expect(exact == ByteSlice(bytes: Array(bytes[8192...]), size: 10_000, isAtEnd: true))
        let past = try await files(shell).readBytes(path, offset: 10_000, length: 5)
        #expect(past == ByteSlice(bytes: [], size: 10_000, isAtEnd: true))
    }

    @Test(arguments: HostShell.all) func namesOfAnyBytes(shell: HostShell) async throws {
        let names: [[UInt8]] = [
            Array("-n".utf8), Array("it's \"q\"".utf8), Array("a\nb".utf8), Array("end\n".utf8),
            [0xFF, 0x20, 0xFE, 0x0A],
            Array("$(touch x)".utf8), Array("if=x".utf8), Array("é".utf8), Array("%s\\n".utf8),
        ]
        for name in names {
            tree.make(name, name)
            let path = try SandboxPath(bytes: name)
            #expect(try await files(shell).readBytes(path, offset: 0, length: 100).bytes == name)
            #expect(
                try await files(shell).readLines(path, offset: 0, limit: 9).lines.first
                    == name.split(separator: 10, omittingEmptySubsequences: false).first.map(Array.init))
            #expect(try await files(shell).exists(path))
        }
        #expect(tree.contents("x") == nil)
    }

    @Test(arguments: HostShell.all + HostShell.small) func lines(shell: HostShell) async throws {
        tree.make("crlf", "a\r\n\r\nb\r\n")
        tree.make("open", "1\n2\n3")
        tree.make("empty", "")
        tree.make("many", (1...3000).map { "line \($0)\n" }.joined())
        let files = files(shell)
        let crlf = try await files.readLines(SandboxPath("crlf"), offset: 0, limit: 10)
        #expect(crlf == LineSlice(lines: ["a\r", "\r", "b\r"].map { Array($0.utf8) }, totalLines: 3))
        #expect(
            try await files.readLines(SandboxPath("open"), offset: 1, limit: .max)
                == LineSlice(lines: [Array("2".utf8), Array("3".utf8)], totalLines: 3))
        #expect(
            try await files.readLines(SandboxPath("open"), offset: 7, limit: 2) == LineSlice(lines: [], totalLines: 3))
        #expect(
            try await files.readLines(SandboxPath("open"), offset: 0, limit: 0) == LineSlice(lines: [], totalLines: 3))
        #expect(
            try await files.readLines(SandboxPath("empty"), offset: 0, limit: 5) == LineSlice(lines: [], totalLines: 0))
        let many = try await files.readLines(SandboxPath("many"), offset: 1000, limit: 1500)
        #expect(many.totalLines == 3000)
        #expect(many.lines == (1001...2500).map { Array("line \($0)".utf8) })
    }

    @Test(arguments: HostShell.all) func whatCannotBeRead(shell: HostShell) async throws {
        tree.make("nul", "text\u{0}more")
        tree.make("late", String(repeating: "x", count: 8000) + "\u{0}\n")
        tree.make("file", "x")
        tree.makeDirectory("d")
        tree.makeLink("loop", to: "loop")
        tree.makeLink("dangling", to: "nowhere")
        tree.makeLink("good", to: "file")
        mkfifo(tree.full("fifo"), 0o644)
        let files = files(shell)
        for (name, expected) in [
            ("missing", SandboxError.Kind.file(.notFound)), ("d", .file(.isDirectory)), ("nul", .file(.binary)),
            ("fifo", .file(.invalid)), ("loop", .file(.invalid)), ("dangling", .file(.notFound)),
            ("file/x", .file(.notFound)), ("/dev/null", .file(.invalid)),
        ] {
            let path = try SandboxPath(name)
            let lines = await kind { _ = try await files.readLines(path, offset: 0, limit: 1) }
            #expect(lines == expected, "\(name)")
            guard name != "nul" else { continue }
            let bytes = await kind { _ = try await files.readBytes(path, offset: 0, length: 1) }
            #expect(bytes == expected, "\(name)")
            #expect(try await !files.exists(path), "\(name)")
        }
        #expect(try await files.readLines(SandboxPath("late"), offset: 0, limit: 1).totalLines == 1)
        #expect(try await files.exists(SandboxPath("good")))
        #expect(try await !files.exists(SandboxPath("d")))
        let missing = await #expect(throws: SandboxError.self) {
            try await files.readBytes(SandboxPath("/x"), offset: 0, length: 1)
        }
        #expect(missing?.message == "File '/x' not found")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can stop being root"), arguments: HostShell.all)
    func permissionDenied(shell: HostShell) async throws {
        var shell = shell
        shell.isUnprivileged = true
        tree.make("secret", "x")
        chmod(tree.full("secret"), 0o600)
        let files = files(shell)
        let read = await kind { _ = try await files.readBytes(SandboxPath("secret"), offset: 0, length: 1) }
        #expect(read == .file(.permissionDenied))
        chmod(tree.path, 0o755)
        let write = await kind { _ = try await files.write(SandboxPath("new"), contents: [], mode: nil) }
        #expect(write == .file(.permissionDenied))
        let parents = await kind { _ = try await files.write(SandboxPath("p/new"), contents: [], mode: nil) }
        #expect(parents == .file(.permissionDenied))
    }

    @Test(arguments: HostShell.small) func tooLargeIsRefusedBeforeTheTransfer(shell: HostShell) async throws {
        tree.make("big", "")
        truncate(tree.full("big"), off_t(FileLimits.maximumReadBytes) + 1)
        let error = await kind { _ = try await files(shell).readBytes(SandboxPath("big"), offset: 0, length: .max) }
        #expect(error == .file(.tooLarge))
    }

    @Test(arguments: HostShell.all) func anAnswerCutShortIsAnError(shell: HostShell) async throws {
        tree.make("f", String(repeating: "0123456789", count: 50))
        for cut in [12, 60, 300, 600] {
            var shell = shell
            shell.cutsAnswersAt = cut
            let files = files(shell)
            let bytes = await kind { _ = try await files.readBytes(SandboxPath("f"), offset: 0, length: 500) }
            let lines = await kind { _ = try await files.readLines(SandboxPath("f"), offset: 0, limit: 1) }
            #expect(bytes == .backendUnavailable && lines == .backendUnavailable, "cut at \(cut)")
        }
    }

    @Test(arguments: HostShell.small) func aFileReplacedBetweenPagesIsNoticed(shell: HostShell) async throws {
        tree.make("f", String(repeating: "x", count: 5000))
        let count = Counter()
        var shell = shell
        let tree = tree
        shell.betweenScripts = { _ in
            guard count.next() == 2 else { return }
            tree.make("g", String(repeating: "y", count: 5000))
            rename(tree.full("g"), tree.full("f"))
        }
        let error = await kind { _ = try await files(shell).readBytes(SandboxPath("f"), offset: 0, length: 5000) }
        #expect(error == .conflict)
    }

    @Test(arguments: HostShell.all) func aBareImageIsNamed(shell: HostShell) async throws {
        let path = try SandboxPath("f")
        var script = ShellReadingTests.lackingTool
        script += "\n"
        let result = try await shell.runShell(script, input: nil, timeout: .seconds(5))
        let error = #expect(throws: SandboxError.self) { try ShellReplyProbe.check(result, path) }
        #expect(error?.message == "the sandbox's image lacks 'no-such-tool', which file operations need there")
    }

    private static let lackingTool = ShellReplyProbe.script(tools: "no-such-tool")
}
