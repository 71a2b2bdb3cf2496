import Glibc
import SandboxCore
import Testing

@Suite struct ShellWritingTests {
    private let tree = TestTree()

    private func files(_ shell: HostShell) -> ShellFileOperations<HostShell> {
        ShellFileOperations(runner: shell, workDirectory: tree.path)
    }

    private func error(_ body: () async throws -> Void) async -> SandboxError? {
        do { try await body() } catch { return error as? SandboxError }
        return nil
    }

    @Test(arguments: HostShell.all + HostShell.small + HostShell.withInput)
    func exactBytes(shell: HostShell) async throws {
        let binary = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8)) }
        let files = files(shell)
        for contents in [[], [0x61], [0x61, 0x0A], [0x0A], [0], binary] {
            #expect(try await files.write(SandboxPath("f"), contents: contents, mode: nil) == contents.count)
            #expect(tree.contents("f") == contents)
        }
        #expect(tree.names() == ["f"])
    }

    @Test(arguments: HostShell.all) func parentsAndNamesOfAnyBytes(shell: HostShell) async throws {
        let files = files(shell)
        for name in [Array("my dir/a b/it's".utf8), Array("-d/-f".utf8), Array("n\nl/x\n".utf8), [0xFF, 0x2F, 0xFE]] {
            _ = try await files.write(SandboxPath(bytes: name), contents: name, mode: nil)
            #expect(tree.contents(name) == name)
        }
        #expect(tree.names("my dir") == ["a b"])
    }

    @Test(arguments: HostShell.all + HostShell.small) func modesAndLinks(shell: HostShell) async throws {
        let files = files(shell)
        tree.make("run.sh", "old")
        chmod(tree.full("run.sh"), 0o750)
        tree.makeLink("l1", to: "l2")
        tree.makeLink("l2", to: "\(tree.path)/run.sh")
        tree.makeLink("new", to: "sub/target")
        _ = try await files.write(SandboxPath("l1"), contents: pattern(9000), mode: nil)
        #expect(tree.contents("run.sh") == pattern(9000))
        #expect(tree.mode("run.sh") == 0o750)
        #expect(tree.isLink("l1") && tree.isLink("l2"))
        _ = try await files.write(SandboxPath("run.sh"), contents: [1], mode: 0o600)
        #expect(tree.mode("run.sh") == 0o600)
        _ = try await files.write(SandboxPath("new"), contents: [2], mode: nil)
        #expect(tree.contents("sub/target") == [2])
        _ = try await files.write(SandboxPath("m"), contents: [3], mode: 0o4755)
        #expect(tree.mode("m") == 0o4755)
    }

    @Test(arguments: HostShell.all) func whatCannotBeWritten(shell: HostShell) async throws {
        let files = files(shell)
        tree.make("file", "x")
        tree.makeDirectory("d")
        tree.makeLink("loop", to: "loop")
        mkfifo(tree.full("fifo"), 0o644)
        let cases: [(String, SandboxError.Kind)] = [
            ("d", .file(.isDirectory)), ("d/", .file(.isDirectory)), ("fifo", .file(.invalid)),
            ("/dev/null", .file(.invalid)), ("loop", .file(.invalid)), ("file/x", .file(.notDirectory)),
            ("file/x/y", .file(.notDirectory)),
        ]
        for (name, expected) in cases {
            let found = await error { _ = try await files.write(SandboxPath(name), contents: [1], mode: nil) }
            #expect(found?.kind == expected, "\(name): \(found?.message ?? "")")
        }
        #expect(tree.names() == ["d", "fifo", "file", "loop"] && tree.names("d").isEmpty)
        #expect(tree.contents("file") == [0x78])
    }

    @Test(arguments: HostShell.all + HostShell.small + HostShell.withInput) func edits(shell: HostShell) async throws {
        let files = files(shell)
        let binary = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
        tree.make(Array("b".utf8), binary + Array("needle".utf8) + binary)
        #expect(
            try await files.edit(
                SandboxPath("b"), replacing: Array("needle".utf8), with: Array("pin".utf8), replacesAll: false) == 1)
        #expect(tree.contents("b") == binary + Array("pin".utf8) + binary)
        tree.make("t", "a-a-a")
        chmod(tree.full("t"), 0o711)
        #expect(try await files.edit(SandboxPath("t"), replacing: [0x61], with: [], replacesAll: true) == 3)
        #expect(tree.contents("t") == Array("--".utf8))
        #expect(tree.mode("t") == 0o711)
        tree.make("empty", "")
        for (name, old, expected) in [
            ("t", "x", SandboxError.Kind.file(.noMatch)), ("t", "-", .file(.manyMatches)), ("t", "", .file(.invalid)),
            ("empty", "x", .file(.noMatch)), ("gone", "x", .file(.notFound)),
        ] {
            let found = await error {
                _ = try await files.edit(SandboxPath(name), replacing: Array(old.utf8), with: [], replacesAll: false)
            }
            #expect(found?.kind == expected, "\(name) \(old)")
        }
    }

    @Test(arguments: HostShell.all) func concurrentEditsLoseNothing(shell: HostShell) async throws {
        let files = files(shell)
        tree.make("f", (0..<8).map { "[\($0)]" }.joined())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    _ = try await files.edit(
                        SandboxPath("f"), replacing: Array("[\(number)]".utf8), with: Array("<\(number)>".utf8),
                        replacesAll: false)
                }
            }
            try await group.waitForAll()
        }
        #expect(tree.contents("f") == Array((0..<8).map { "<\($0)>" }.joined().utf8))
    }

    @Test(arguments: HostShell.all) func aChangeFromElsewhereDuringAnEditIsNotLost(shell: HostShell) async throws {
        tree.make("f", "one two")
        let tree = tree
        let count = Counter()
        var shell = shell
        shell.betweenScripts = { script in
            // Once, after the file was read and before it is put back.
            if script.contains("sha256sum <"), count.next() == 1 { tree.make("f", "ONE two") }
        }
        let done = try await files(shell).edit(
            SandboxPath("f"), replacing: Array("two".utf8), with: Array("2".utf8), replacesAll: false)
        #expect(done == 1)
        #expect(tree.contents("f") == Array("ONE 2".utf8))
        #expect(tree.names() == ["f"])
    }

    @Test(arguments: HostShell.all) func aFileThatNeverRestsIsAConflict(shell: HostShell) async throws {
        tree.make("f", "x0")
        let tree = tree
        let count = Counter()
        var shell = shell
        shell.betweenScripts = { script in
            if script.contains("sha256sum <") { tree.make("f", "x\(count.next())") }
        }
        let found = await error {
            _ = try await files(shell).edit(SandboxPath("f"), replacing: [0x78], with: [0x79], replacesAll: false)
        }
        #expect(found?.kind == .conflict)
        #expect(tree.names() == ["f"])
    }

    @Test(arguments: HostShell.small) func aPieceThatWentMissingSpoilsNothing(shell: HostShell) async throws {
        tree.make("f", "old")
        let tree = tree
        let count = Counter()
        var shell = shell
        shell.betweenScripts = { script in
            guard script.contains("base64 -d"), count.next() == 2 else { return }
            for name in tree.names() where name.hasPrefix(".podkeeper-") { truncate(tree.full(name), 10) }
        }
        let found = await error {
            _ = try await files(shell).write(SandboxPath("f"), contents: pattern(30_000), mode: nil)
        }
        #expect(found?.kind == .backendUnavailable)
        #expect(tree.contents("f") == Array("old".utf8) && tree.names() == ["f"])
    }

    @Test(arguments: HostShell.all) func aLostAnswerLeavesTheOutcomeOpen(shell: HostShell) async throws {
        var shell = shell
        shell.cutsAnswersAt = 14
        let found = await error { _ = try await files(shell).write(SandboxPath("f"), contents: [1], mode: nil) }
        #expect(found?.kind == .outcomeUnknown)
        #expect(tree.contents("f") == [1])
    }

    @Test(
        .enabled(if: SmallDisk.canMount, "only where a tmpfs can be mounted"),
        arguments: HostShell.all + HostShell.small)
    func aFullDiskLeavesTheOldFile(shell: HostShell) async throws {
        let disk = try #require(SmallDisk(at: tree.path + "/disk"))
        defer { disk.unmount() }
        tree.make("disk/f", "old")
        let files = files(shell)
        let found = await error {
            _ = try await files.write(SandboxPath("disk/f"), contents: pattern(70_000), mode: nil)
        }
        #expect(found?.kind == .file(.noSpace), "\(found?.message ?? "written")")
        #expect(tree.contents("disk/f") == Array("old".utf8) && tree.names("disk") == ["f"])
    }
}
