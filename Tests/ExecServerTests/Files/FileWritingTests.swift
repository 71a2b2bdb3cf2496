import ExecServer
import Glibc
import SandboxCore
import Testing

@Suite struct FileWritingTests {
    private let tree = TestTree()
    private let files: FileOperations

    init() { files = FileOperations(workDirectory: tree.path) }

    @Test func exactBytesAndNamesOfAnyBytes() throws {
        let binary = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8)) }
        for contents in [[], [0x61], [0x61, 0x0A], [0], binary] {
            #expect(try files.write(SandboxPath("f"), contents: contents) == contents.count)
            #expect(tree.contents("f") == contents)
        }
        for name in [Array("my dir/a b/it's".utf8), Array("-d/-f".utf8), Array("n\nl/x\n".utf8), [0xFF, 0x2F, 0xFE]] {
            _ = try files.write(SandboxPath(bytes: name), contents: name)
            #expect(tree.contents(name) == name)
        }
        #expect(tree.names("my dir") == ["a b"])
    }

    @Test func modes() throws {
        tree.make("run.sh", "old")
        chmod(tree.full("run.sh"), 0o750)
        _ = try files.write(SandboxPath("run.sh"), contents: [1])
        #expect(tree.mode("run.sh") == 0o750)
        _ = try files.write(SandboxPath("run.sh"), contents: [1], mode: 0o600)
        #expect(tree.mode("run.sh") == 0o600)
        _ = try files.write(SandboxPath("new"), contents: [1], mode: 0o4755)
        #expect(tree.mode("new") == 0o4755)
        let mask = umask(0o022)
        umask(mask)
        _ = try files.write(SandboxPath("plain"), contents: [1])
        #expect(tree.mode("plain") == 0o666 & ~mask)
        #expect(throws: SandboxError.self) { try files.write(SandboxPath("x"), contents: [], mode: 0o10000) }
    }

    @Test func writesThroughLinks() throws {
        tree.make("real/f", "old")
        tree.makeLink("l1", to: "l2")
        tree.makeLink("l2", to: "\(tree.path)/dir/../real/f")
        tree.makeLink("dir", to: "real")
        tree.makeDirectory("dir2")
        tree.makeLink("new", to: "sub/deep/target")
        tree.makeLink("real/up", to: "../f2")
        tree.makeLink("l2b", to: "real/f")
        _ = try files.write(SandboxPath("l2b"), contents: [1])
        #expect(tree.contents("real/f") == [1] && tree.isLink("l2b"))
        // `dir/..` is where the link leads, not where it is.
        tree.makeLink("far", to: "real")
        _ = try files.write(SandboxPath("far/../x"), contents: [9])
        #expect(tree.contents("x") == [9])
        _ = try files.write(SandboxPath("new"), contents: [2])
        #expect(tree.contents("sub/deep/target") == [2] && tree.isLink("new"))
        _ = try files.write(SandboxPath("dir/up"), contents: [3])
        #expect(tree.contents("f2") == [3])
        _ = try files.write(SandboxPath("l1"), contents: [4])
        #expect(tree.contents("real/f") == [4] && tree.isLink("l1") && tree.isLink("l2"))
    }

    @Test func whatCannotBeWritten() throws {
        tree.make("file", "x")
        tree.makeDirectory("d")
        tree.makeLink("loop", to: "loop")
        tree.makeLink("nodir", to: "gone")
        mkfifo(tree.full("fifo"), 0o644)
        for (name, kind) in [
            ("d", SandboxError.Kind.file(.isDirectory)), ("d/", .file(.isDirectory)), ("new/", .file(.isDirectory)),
            (".", .file(.isDirectory)), ("fifo", .file(.invalid)), ("/dev/null", .file(.invalid)),
            ("loop", .file(.invalid)), ("file/x", .file(.notDirectory)), ("file/x/y", .file(.notDirectory)),
            ("nodir/x", .file(.notDirectory)), (String(repeating: "x", count: 256), .file(.invalid)),
            ("/proc/podkeeper", .file(.notFound)),
        ] {
            let error = #expect(throws: SandboxError.self) { try files.write(SandboxPath(name), contents: [1]) }
            #expect(error?.kind == kind, "\(name): \(error?.message ?? "")")
        }
        #expect(tree.names() == ["d", "fifo", "file", "loop", "nodir"] && tree.names("d").isEmpty)
        #expect(tree.contents("file") == [0x78])
    }

    @Test func nothingIsSeenBeforeTheCommit() throws {
        tree.make("f", "old")
        do {
            let writer = try files.beginWrite(SandboxPath("f"))
            try writer.append([1, 2])
            #expect(tree.contents("f") == Array("old".utf8) && tree.names().count == 2)
            try writer.append([3])
            #expect(try writer.commit() == 3)
            #expect(throws: SandboxError.self) { try writer.commit() }
        }
        #expect(tree.contents("f") == [1, 2, 3])
        do {
            let writer = try files.beginWrite(SandboxPath("f"))
            try writer.append([9])
        }
        #expect(tree.contents("f") == [1, 2, 3] && tree.names() == ["f"])
    }

    @Test func aReaderKeepsTheFileItOpened() throws {
        tree.make("f", "old")
        let reader = open(tree.full("f"), O_RDONLY | O_CLOEXEC)
        defer { close(reader) }
        _ = try files.write(SandboxPath("f"), contents: Array("new!".utf8))
        var bytes = [UInt8](repeating: 0, count: 8)
        let count = read(reader, &bytes, 8)
        #expect(bytes.prefix(count) == Array("old".utf8)[...])
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away")) func theOwnerStays() throws {
        tree.make("f", "old")
        chown(tree.full("f"), 1234, 4321)
        chmod(tree.full("f"), 0o4755)
        _ = try files.write(SandboxPath("f"), contents: [1])
        var status = stat()
        stat(tree.full("f"), &status)
        #expect(status.st_uid == 1234 && status.st_gid == 4321 && tree.mode("f") == 0o4755)
    }

    @Test(.enabled(if: SmallDisk.canMount, "only where a tmpfs can be mounted")) func aFullDiskLeavesTheOldFile() throws
    {
        let disk = try #require(SmallDisk(at: tree.path + "/disk"))
        defer { disk.unmount() }
        tree.make("disk/f", "old")
        let error = #expect(throws: SandboxError.self) {
            try files.write(SandboxPath("disk/f"), contents: [UInt8](repeating: 1, count: 70_000))
        }
        #expect(error?.kind == .file(.noSpace))
        #expect(tree.contents("disk/f") == Array("old".utf8) && tree.names("disk") == ["f"])
        let edit = #expect(throws: SandboxError.self) {
            try files.edit(
                SandboxPath("disk/f"), replacing: Array("old".utf8), with: [UInt8](repeating: 1, count: 70_000),
                replacesAll: false)
        }
        #expect(edit?.kind == .file(.noSpace))
        #expect(tree.contents("disk/f") == Array("old".utf8) && tree.names("disk") == ["f"])
    }
}
