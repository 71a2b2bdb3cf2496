import Glibc
import SandboxCore
import Testing

@Suite struct ShellListingTests {
    private let tree = TestTree()

    private func files(_ shell: HostShell) -> ShellFileOperations<HostShell> {
        ShellFileOperations(runner: shell, workDirectory: tree.path)
    }

    private func error(_ body: () async throws -> Void) async -> SandboxError? {
        do { try await body() } catch { return error as? SandboxError }
        return nil
    }

    /// Paths below the tree as text; bytes that are none appear as U+FFFD.
    private func names(_ listing: FileListing) -> [String] {
        listing.entries.map { String(decoding: $0.path.dropFirst(tree.path.utf8.count + 1), as: UTF8.self) }
    }

    @Test(arguments: HostShell.all + HostShell.small) func listsWhatIsThere(shell: HostShell) async throws {
        tree.makeDirectory("dir")
        tree.make(".hidden", "1234567")
        tree.make("two  spaces", "")
        tree.make("-la", "")
        tree.make("new\nline\n", "")
        tree.make([0xFF, 0x41], [1, 2])
        tree.makeLink("to-dir", to: "dir")
        tree.makeLink("to-file", to: ".hidden")
        tree.makeLink("nowhere", to: "x")
        chmod(tree.full(".hidden"), 0o4640)
        let listing = try await files(shell).list(SandboxPath("."))
        #expect(!listing.truncated)
        #expect(
            listing.entries.map(\.name) == [
                Array("dir".utf8), Array("to-dir".utf8), Array("-la".utf8), Array(".hidden".utf8),
                Array("new\nline\n".utf8), Array("nowhere".utf8), Array("to-file".utf8), Array("two  spaces".utf8),
                [0xFF, 0x41],
            ])
        #expect(listing.entries.map(\.isSymlink) == [false, true, false, false, false, true, true, false, false])
        #expect(listing.entries.map(\.size) == [nil, nil, 0, 7, 0, nil, 7, 0, 2])
        let hidden = listing.entries[3]
        #expect(hidden.mode == 0o4640 && hidden.modifiedAt > 1_000_000_000)
        #expect(hidden.path == Array("\(tree.path)/.hidden".utf8))
        #expect(try await files(shell).list(SandboxPath("dir")).entries.isEmpty)
        tree.make("dir/x", "")
        #expect(names(try await files(shell).list(SandboxPath("to-dir"))) == ["to-dir/x"])
        #expect(names(try await files(shell).list(SandboxPath("to-dir/"))) == ["to-dir/x"])
    }

    @Test(arguments: HostShell.all) func oneRowForWhatIsNoDirectory(shell: HostShell) async throws {
        tree.make("f", "abc")
        tree.makeLink("l", to: "f")
        tree.makeLink("nowhere", to: "x")
        let files = files(shell)
        let row = try #require(try await files.list(SandboxPath("l")).entries.first)
        #expect(row.name == Array("l".utf8) && row.size == 3 && row.isSymlink && !row.isDirectory)
        #expect(try await files.list(SandboxPath("nowhere")).entries.map(\.isSymlink) == [true])
        let missing = await error { _ = try await files.list(SandboxPath("x")) }
        #expect(missing?.kind == .file(.notFound))
        let root = try await files.list(SandboxPath("/"))
        #expect(root.entries.contains { $0.path == Array("/tmp".utf8) && $0.isDirectory })
    }

    @Test(arguments: HostShell.small) func aListingOfManyPages(shell: HostShell) async throws {
        for number in 100..<400 { tree.make("file \(number)", "") }
        let listing = try await files(shell).list(SandboxPath("."))
        #expect(names(listing) == (100..<400).map { "file \($0)" } && !listing.truncated)
    }

    @Test(arguments: HostShell.small) func aTreeThatChangesBetweenPagesIsListedAnew(shell: HostShell) async throws {
        for number in 100..<200 { tree.make("file \(number)", "") }
        let tree = tree
        let count = Counter()
        var shell = shell
        shell.betweenScripts = { _ in
            guard count.next() == 2 else { return }
            for number in 100..<200 { unlink(tree.full("file \(number)")) }
            for number in 100..<150 { tree.make("other file \(number)", "") }
        }
        #expect(names(try await files(shell).list(SandboxPath("."))) == (100..<150).map { "other file \($0)" })
    }

    @Test(arguments: HostShell.all + HostShell.small) func globbing(shell: HostShell) async throws {
        for name in ["a.py", "src/b.py", "src/.c.py", "src/deep/er/d.py", "src/e.txt", "it's/f.py", "n\nl.py"] {
            tree.make(name, "12")
        }
        tree.makeLink("link.py", to: "a.py")
        tree.makeLink("linked", to: "src")
        tree.makeDirectory("dir.py")
        let files = files(shell)
        for root in ["", ".", "/"] {
            let all = try await files.glob("*.py", root: SearchRoot(root))
            #expect(
                names(all) == ["a.py", "it's/f.py", "n\nl.py", "src/.c.py", "src/b.py", "src/deep/er/d.py"],
                "root \(root)")
            #expect(all.entries.allSatisfy { $0.size == 2 && !$0.isDirectory })
        }
        #expect(names(try await files.glob("src/*.{py,txt}", root: ".")) == ["src/.c.py", "src/b.py", "src/e.txt"])
        #expect(names(try await files.glob("**/er/*", root: "src")) == ["src/deep/er/d.py"])
        #expect(names(try await files.glob("\(tree.path)/src/*.txt", root: "/")) == ["src/e.txt"])
        #expect(names(try await files.glob("[!a].py", root: "linked")) == ["linked/b.py", "linked/deep/er/d.py"])
        #expect(try await files.glob("*.none", root: ".").entries.isEmpty)
        for (root, kind) in [("none", SandboxError.Kind.file(.notFound)), ("a.py", .file(.notDirectory))] {
            let found = await error { _ = try await files.glob("*", root: SearchRoot(root)) }
            #expect(found?.kind == kind)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can stop being root"), arguments: HostShell.all)
    func anUnreadableDirectoryHidesNothingElse(shell: HostShell) async throws {
        var shell = shell
        shell.isUnprivileged = true
        tree.make("ok/a.py", "")
        tree.make("no/b.py", "")
        chmod(tree.full("no"), 0o000)
        #expect(names(try await files(shell).glob("*.py", root: "")) == ["ok/a.py"])
        for mode in [mode_t(0o000), 0o744] {
            chmod(tree.full("no"), mode)
            let found = await error { _ = try await files(shell).list(SandboxPath("no")) }
            #expect(found?.kind == .file(.permissionDenied), "\(mode)")
        }
    }
}
