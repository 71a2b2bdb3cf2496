import ExecServer
import Glibc
import SandboxCore
import Testing

@Suite struct FileManagementTests {
    private let tree = TestTree()
    private let files: FileOperations

    init() { files = FileOperations(workDirectory: tree.path) }

    private func kind(_ body: () throws -> Void) -> SandboxError.Kind? {
        (#expect(throws: SandboxError.self) { try body() })?.kind
    }

    @Test func statTellsFilesDirectoriesAndLinksApart() throws {
        tree.make("f", "12345")
        chmod(tree.full("f"), 0o640)
        tree.makeDirectory("d")
        tree.makeLink("l", to: "f")
        tree.makeLink("nowhere", to: "gone")
        mkfifo(tree.full("fifo"), 0o644)
        let file = try files.stat(SandboxPath("f"), followsLink: true)
        #expect(file.kind == .file && file.size == 5 && file.mode == 0o640 && file.owner == getuid())
        #expect(try files.stat(SandboxPath("d"), followsLink: true).kind == .directory)
        #expect(try files.stat(SandboxPath("fifo"), followsLink: true).kind == .other)
        let link = try files.stat(SandboxPath("l"), followsLink: false)
        #expect(link.kind == .symlink && link.size == nil && link.linkTarget == Array("f".utf8))
        #expect(try files.stat(SandboxPath("l"), followsLink: true) == file)
        #expect(try files.stat(SandboxPath("nowhere"), followsLink: false).kind == .symlink)
        #expect(kind { _ = try files.stat(SandboxPath("nowhere"), followsLink: true) } == .file(.notFound))
        #expect(kind { _ = try files.stat(SandboxPath("f/x"), followsLink: true) } == .file(.notFound))
    }

    @Test func directoriesAreMadeWithOrWithoutParents() throws {
        try files.makeDirectory(SandboxPath("a/b/c"), mode: 0o750, withParents: true)
        #expect(tree.mode("a/b/c") == 0o750)
        try files.makeDirectory(SandboxPath("a/b/c/"), mode: nil, withParents: true)
        try files.makeDirectory(SandboxPath("."), mode: nil, withParents: true)
        #expect(tree.mode("a/b/c") == 0o750)
        try files.makeDirectory(SandboxPath("a/x/"), mode: nil, withParents: false)
        #expect(kind { try files.makeDirectory(SandboxPath("a"), mode: nil, withParents: false) } == .file(.exists))
        #expect(
            kind { try files.makeDirectory(SandboxPath("no/a"), mode: nil, withParents: false) } == .file(.notFound))
        tree.make("f", "")
        #expect(kind { try files.makeDirectory(SandboxPath("f"), mode: nil, withParents: true) } == .file(.exists))
        #expect(
            kind { try files.makeDirectory(SandboxPath("f/a"), mode: nil, withParents: true) } == .file(.notDirectory))
        #expect(kind { try files.makeDirectory(SandboxPath("m"), mode: 0o10000, withParents: true) } == .invalid)
        try files.makeDirectory(SandboxPath(bytes: [0xFF, 0xFE]), mode: nil, withParents: false)
        #expect(try files.stat(SandboxPath(bytes: [0xFF, 0xFE]), followsLink: false).kind == .directory)
    }

    @Test func removingNeverFollowsALink() throws {
        tree.make("keep/f", "x")
        tree.make("t/a/b", "x")
        tree.makeLink("t/out", to: "\(tree.path)/keep")
        tree.makeLink("link", to: "keep")
        #expect(kind { try files.remove(SandboxPath("t"), recursively: false) } == .file(.invalid))
        try files.remove(SandboxPath("t"), recursively: true)
        #expect(kind { try files.remove(SandboxPath("link/"), recursively: true) } == .file(.notDirectory))
        try files.remove(SandboxPath("link"), recursively: true)
        #expect(tree.names() == ["keep"] && tree.names("keep") == ["f"])
        try files.remove(SandboxPath("keep/f"), recursively: false)
        try files.remove(SandboxPath("keep"), recursively: false)
        #expect(kind { try files.remove(SandboxPath("keep"), recursively: true) } == .file(.notFound))
        for name in ["/", ".", "..", "a/.."] {
            #expect(kind { try files.remove(SandboxPath(name), recursively: true) } == .file(.invalid), "\(name)")
        }
    }

    @Test func aTreeOfAnyDepthIsRemoved() throws {
        // Deeper than any path can name (PATH_MAX), which a command makes one directory at a time.
        tree.makeDirectory("deep")
        var current = open(tree.full("deep"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for _ in 0..<600 {
            mkdirat(current, "0123456789", 0o755)
            let next = openat(current, "0123456789", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            close(current)
            current = next
        }
        let file = openat(current, "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
        #expect(file >= 0)
        close(file)
        close(current)
        try files.remove(SandboxPath("deep"), recursively: true)
        #expect(tree.names().isEmpty)
    }

    @Test func movingReplacesOnlyWhenAsked() throws {
        tree.make("a", "1")
        tree.make("b", "2")
        #expect(kind { try files.move(SandboxPath("a"), to: SandboxPath("b"), replaces: false) } == .file(.exists))
        #expect(tree.contents("b") == Array("2".utf8))
        try files.move(SandboxPath("a"), to: SandboxPath("b"), replaces: true)
        #expect(tree.contents("b") == Array("1".utf8) && tree.names() == ["b"])
        try files.move(SandboxPath("b"), to: SandboxPath("new/place/c"), replaces: false)
        #expect(tree.contents("new/place/c") == Array("1".utf8))
        // The link itself moves.
        tree.makeLink("l", to: "new/place/c")
        try files.move(SandboxPath("l"), to: SandboxPath("m"), replaces: false)
        #expect(tree.isLink("m"))
        tree.make("full/x", "")
        #expect(kind { try files.move(SandboxPath("new"), to: SandboxPath("full"), replaces: true) } == .file(.exists))
        #expect(kind { try files.move(SandboxPath("gone"), to: SandboxPath("x"), replaces: true) } == .file(.notFound))
    }

    @Test(.enabled(if: SmallDisk.canMount))
    func betweenFileSystemsAFileIsCopiedWithItsMode() throws {
        tree.make("f", "contents")
        chmod(tree.full("f"), 0o751)
        let disk = try #require(SmallDisk(at: "\(tree.path)/disk"))
        defer { disk.unmount() }
        try files.move(SandboxPath("f"), to: SandboxPath("disk/f"), replaces: false)
        #expect(tree.contents("disk/f") == Array("contents".utf8) && tree.mode("disk/f") == 0o751)
        #expect(tree.names() == ["disk"])
        // Too big for the disk: both sides stay as they were.
        tree.make("big", String(repeating: "x", count: 100_000))
        #expect(
            kind { try files.move(SandboxPath("big"), to: SandboxPath("disk/f"), replaces: true) } == .file(.noSpace))
        #expect(tree.contents("disk/f") == Array("contents".utf8) && tree.contents("big")?.count == 100_000)
        tree.makeDirectory("dir")
        #expect(
            kind { try files.move(SandboxPath("dir"), to: SandboxPath("disk/dir"), replaces: false) } == .file(.invalid)
        )
    }

    @Test func modesAndRealPathsFollowLinks() throws {
        tree.make("d/f", "x")
        tree.makeLink("l", to: "d/../d/f")
        try files.changeMode(SandboxPath("l"), to: 0o4711)
        #expect(tree.mode("d/f") == 0o4711)
        #expect(kind { try files.changeMode(SandboxPath("l"), to: 0o10000) } == .invalid)
        let real = try files.realPath(SandboxPath("d"))
        #expect(try files.realPath(SandboxPath("l")) == real + Array("/f".utf8))
        #expect(try files.realPath(SandboxPath("./d/.././/d/")) == real)
        #expect(kind { _ = try files.realPath(SandboxPath("gone")) } == .file(.notFound))
        tree.makeLink("loop", to: "loop")
        #expect(kind { _ = try files.realPath(SandboxPath("loop")) } == .file(.invalid))
    }
}
