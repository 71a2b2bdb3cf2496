import Glibc
import SandboxCore
import Testing

@Suite struct ShellPathTests {
    private let tree = TestTree()

    private func files(_ shell: HostShell) -> ShellFileOperations<HostShell> {
        ShellFileOperations(runner: shell, workDirectory: tree.path)
    }

    private func reason(_ body: () async throws -> Void) async -> SandboxError.FileErrorReason? {
        do { try await body() } catch {
            if case .file(let reason) = (error as? SandboxError)?.kind { return reason }
        }
        return nil
    }

    @Test(arguments: HostShell.all) func tellsWhatAPathIs(shell: HostShell) async throws {
        let files = files(shell)
        tree.make("f", "abc")
        chmod(tree.full("f"), 0o4640)
        tree.makeDirectory("d")
        tree.makeLink("l", to: "f")
        tree.makeLink("dangling", to: "it's\nnot there")
        mkfifo(tree.full("pipe"), 0o600)
        let file = try await files.stat(SandboxPath("f"), followsLink: true)
        #expect(file.kind == .file)
        #expect(file.size == 3)
        #expect(file.mode == 0o4640)
        #expect(file.owner == getuid())
        #expect(file.group == getgid())
        #expect(file.modifiedAt > 1_600_000_000)
        #expect(try await files.stat(SandboxPath("d"), followsLink: true).kind == .directory)
        #expect(try await files.stat(SandboxPath("d"), followsLink: true).size == nil)
        #expect(try await files.stat(SandboxPath("pipe"), followsLink: true).kind == .other)
        #expect(try await files.stat(SandboxPath("l"), followsLink: true) == file)
        let link = try await files.stat(SandboxPath("l"), followsLink: false)
        #expect(link.kind == .symlink)
        #expect(link.linkTarget == Array("f".utf8))
        let dangling = try await files.stat(SandboxPath("dangling"), followsLink: false)
        #expect(dangling.linkTarget == Array("it's\nnot there".utf8))
        for path in ["dangling", "missing", "f/below"] {
            #expect(await reason { _ = try await files.stat(SandboxPath(path), followsLink: true) } == .notFound)
        }
    }

    @Test(arguments: HostShell.all) func makesDirectories(shell: HostShell) async throws {
        let files = files(shell)
        try await files.makeDirectory(SandboxPath("a b/c'd/-e"), mode: 0o2750, withParents: true)
        #expect(tree.mode("a b/c'd/-e") == 0o2750)
        try await files.makeDirectory(SandboxPath("a b/c'd/-e"), mode: 0o700, withParents: true)
        #expect(tree.mode("a b/c'd/-e") == 0o2750)
        try await files.makeDirectory(SandboxPath("a b/c'd/-e/inherits"), mode: 0o750, withParents: false)
        #expect(tree.mode("a b/c'd/-e/inherits") == 0o750)
        chmod(tree.full("a b/c'd/-e/inherits"), 0o2755)
        try await files.changeMode(SandboxPath("a b/c'd/-e/inherits"), to: 0o700)
        #expect(tree.mode("a b/c'd/-e/inherits") == 0o700)
        try await files.makeDirectory(SandboxPath("one/"), mode: nil, withParents: false)
        #expect(
            await reason { try await files.makeDirectory(SandboxPath("one"), mode: nil, withParents: false) } == .exists
        )
        #expect(
            await reason { try await files.makeDirectory(SandboxPath("x/y"), mode: nil, withParents: false) }
                == .notFound)
        tree.make("f", "")
        #expect(
            await reason { try await files.makeDirectory(SandboxPath("f"), mode: nil, withParents: true) } == .exists)
        #expect(
            await reason { try await files.makeDirectory(SandboxPath("f/x"), mode: nil, withParents: true) }
                == .notDirectory)
    }

    @Test(arguments: HostShell.all) func removes(shell: HostShell) async throws {
        let files = files(shell)
        tree.make("d/deep/f", "")
        tree.makeLink("l", to: "d")
        try await files.remove(SandboxPath("l"), recursively: true)
        #expect(tree.contents("d/deep/f") == [])
        #expect(await reason { try await files.remove(SandboxPath("d"), recursively: false) } == .invalid)
        try await files.remove(SandboxPath("d/deep/f"), recursively: false)
        try await files.remove(SandboxPath("d/deep"), recursively: false)
        tree.make("d/again/f", "")
        try await files.remove(SandboxPath("d"), recursively: true)
        #expect(tree.names() == [])
        #expect(await reason { try await files.remove(SandboxPath("d"), recursively: true) } == .notFound)
        #expect(await reason { try await files.remove(SandboxPath("/"), recursively: true) } == .invalid)
    }

    @Test(arguments: HostShell.all) func moves(shell: HostShell) async throws {
        let files = files(shell)
        func move(_ path: String, _ target: String, replaces: Bool = false) async throws {
            try await files.move(SandboxPath(path), to: SandboxPath(target), replaces: replaces)
        }
        tree.make("a", "1")
        tree.make("b", "2")
        tree.make("d/x", "3")
        tree.makeDirectory("empty")
        #expect(await reason { try await move("a", "b") } == .exists)
        try await move("a", "b", replaces: true)
        #expect(tree.contents("b") == Array("1".utf8))
        #expect(await reason { try await move("a", "c") } == .notFound)
        #expect(await reason { try await move("b", "no/where") } == .notFound)
        #expect(await reason { try await move("b", "d", replaces: true) } == .isDirectory)
        #expect(await reason { try await move("d", "b", replaces: true) } == .notDirectory)
        #expect(await reason { try await move("empty", "d", replaces: true) } == .invalid)
        try await move("d", "empty", replaces: true)
        #expect(tree.contents("empty/x") == Array("3".utf8))
        tree.makeLink("l", to: "empty")
        try await move("b", "l", replaces: true)
        #expect(!tree.isLink("l"))
        #expect(tree.names("empty") == ["x"])
        try await move("l", "-n\new")
        #expect(tree.contents("-n\new") == Array("1".utf8))
    }

    @Test(arguments: HostShell.all) func changesModesAndResolvesPaths(shell: HostShell) async throws {
        let files = files(shell)
        tree.make("d/f", "")
        tree.makeLink("l", to: "d/../d/f")
        try await files.changeMode(SandboxPath("l"), to: 0o4511)
        #expect(tree.mode("d/f") == 0o4511)
        #expect(await reason { try await files.changeMode(SandboxPath("none"), to: 0o600) } == .notFound)
        let resolved = try await files.realPath(SandboxPath("./l"))
        #expect(resolved == Array("\(tree.path)/d/f".utf8))
        #expect(try await files.realPath(SandboxPath("/")) == Array("/".utf8))
        #expect(await reason { _ = try await files.realPath(SandboxPath("d/none")) } == .notFound)
    }
}
