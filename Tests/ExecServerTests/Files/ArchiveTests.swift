import Foundation
import SandboxCore
import Tar
import Testing

@testable import ExecServer

/// Directories as archives, into a tree and out of it.
@Suite struct ArchiveTests {
    private let tree = TestTree()
    private let files: FileOperations

    init() { files = FileOperations(workDirectory: tree.path) }

    private func upload(_ path: String, _ bytes: [UInt8], inPiecesOf size: Int = 100_000) throws {
        let upload = try ArchiveUpload(SandboxPath(path), files)
        var rest = bytes[...]
        while !rest.isEmpty {
            try upload.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        try upload.finish()
    }

    private func download(_ path: String, inPiecesOf size: Int = 100_000) throws -> [UInt8] {
        let download = try ArchiveDownload(SandboxPath(path), files)
        var bytes: [UInt8] = []
        while let (offset, piece) = try download.next(size) {
            #expect(offset == bytes.count)
            bytes += piece
        }
        #expect(download.finish() == TransferResult(size: Int64(bytes.count), sha256: SHA256.hex(bytes)))
        return bytes
    }

    private func archive(_ members: [(TarEntry, String)]) -> [UInt8] {
        members.reduce(into: []) { bytes, member in
            var entry = member.0
            entry.size = Int64(member.1.utf8.count)
            bytes += TarHeader.blocks(entry) + Array(member.1.utf8)
            bytes += [UInt8](repeating: 0, count: TarHeader.padding(after: entry.size))
        } + TarHeader.end
    }

    private func file(_ name: String, _ contents: String = "new", mode: UInt32 = 0o644) -> (TarEntry, String) {
        (TarEntry(.file, name: Array(name.utf8), mode: mode), contents)
    }

    private func entry(_ kind: TarEntry.Kind, _ name: String, _ link: String = "", mode: UInt32 = 0o755)
        -> (TarEntry, String)
    {
        (TarEntry(kind, name: Array(name.utf8), linkName: Array(link.utf8), mode: mode), "")
    }

    /// A shell line in the tree; its standard output.
    @discardableResult
    private func shell(_ line: String) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-euc", line]
        process.currentDirectoryURL = URL(fileURLWithPath: tree.path)
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        try? output.fileHandleForWriting.close()
        let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw TestFailure(line) }
        return bytes
    }

    /// What there is below a directory: kind, mode, seconds and target of each name, but not the times of directories.
    private func listing(_ path: String) throws -> [UInt8] {
        try shell(
            #"cd \#(path); find . \( -type d -printf '%P d %m\0' -o -printf '%P %y %m %T@ %l\0' \) | "#
                + #"sed -z 's/\.[0-9]* / /' | sort -z"#)
    }

    @Test(arguments: [1000, 100_000]) func thereAndBack(_ size: Int) throws {
        let long = String(repeating: "d23456789/", count: 30)
        try shell(
            """
            mkdir -p t/a/b 't/\(long)'; cd t
            printf hello >a/f; : >empty; chmod 4711 a/f; ln a/f a/g; ln -s /etc/passwd a/b/l; ln -s nowhere dangling; mkfifo p
            head -c 700000 /dev/urandom >big; printf long >'\(long)/f'
            printf odd >"$(printf 'n\\377\\n x')"; touch -hd @1000000000 empty p dangling a/b/l; chmod 500 a/b; chmod 0 big; chmod 2750 .
            """)
        try upload("new/place", try shell("tar -cf - -C t ."), inPiecesOf: size)
        #expect(try listing("t") == listing("new/place"))
        try shell("diff -r --no-dereference -x p t new/place; [ new/place/a/f -ef new/place/a/g ]")
        try shell("mkdir back")
        try Data(download("new/place", inPiecesOf: size)).write(to: URL(fileURLWithPath: tree.path + "/back.tar"))
        try shell("tar -xpf back.tar -C back")
        #expect(try listing("t") == listing("back"))
        try shell("diff -r --no-dereference -x p t back")
        #expect(tree.names() == ["back", "back.tar", "new", "t"])
    }

    @Test func nothingIsSeenBeforeTheEnd() throws {
        let bytes = archive([entry(.directory, "./", mode: 0o751), file("./d/f")])
        let upload = try ArchiveUpload(SandboxPath("place"), files)
        try upload.append(bytes)
        #expect(tree.names().allSatisfy { $0.hasPrefix(".podkeeper-") })
        #expect(tree.mode(tree.names()[0]) == 0o700)
        try upload.finish()
        #expect(tree.names() == ["place"])
        #expect(tree.mode("place") == 0o751)
        #expect(throws: SandboxError.self) { try upload.finish() }
        #expect(throws: SandboxError.self) { try upload.append([1]) }
        let dropped = try ArchiveUpload(SandboxPath("other"), files)
        try dropped.append(bytes)
        dropped.discard()
        #expect(tree.names() == ["place"])
    }

    @Test func membersStayInside() throws {
        tree.make("outside/f", "old")
        tree.makeDirectory("there")
        let bad: [[(TarEntry, String)]] = [
            [file("/\(tree.path)/outside/f")], [file("../outside/f")], [file("a/../../outside/f")],
            [entry(.symlink, "l", "../outside"), file("l/f")],
            [entry(.symlink, "l", tree.path + "/outside"), entry(.directory, "l/d")],
            [entry(.symlink, "l", "../outside"), entry(.directory, "l/"), file("l/f")],
            [entry(.symlink, "l", "../outside"), entry(.hardLink, "h", "l/f")],
            [entry(.hardLink, "h", "../outside/f"), file("h")], [entry(.hardLink, "h", "/etc/passwd")],
            [entry(.hardLink, "h", "missing")], [file("d"), file("d/f")], [entry(.directory, "d"), file("d")],
            [file("")], [file(".")],
            [(TarEntry(.file, name: [0x61, 0x2F] + [UInt8](repeating: 0x62, count: 5000), mode: 0o644), "")],
            [entry(.symlink, "l", "")], [file(String(repeating: "x", count: 300))],
        ]
        for members in bad {
            for target in ["there", "new"] {
                let error = #expect(throws: SandboxError.self) {
                    try upload(target, archive([file("first")] + members))
                }
                guard case .file = error?.kind else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
        }
        #expect(tree.names() == ["outside", "there"])
        #expect(tree.names("there") == [])
        #expect(tree.names("outside") == ["f"])
        #expect(tree.contents("outside/f") == Array("old".utf8))
        // A link by itself may lead anywhere, as links do; a later member of its name takes its place.
        try upload("new", archive([entry(.symlink, "l", "../outside/f"), file("l")]))
        #expect(tree.contents("new/l") == Array("new".utf8) && !tree.isLink("new/l"))
        #expect(tree.contents("outside/f") == Array("old".utf8))
    }

    @Test func aLinkSwappedInLeadsNowhere() throws {
        tree.makeDirectory("outside")
        let upload = try ArchiveUpload(SandboxPath("place"), files)
        let bytes = archive([entry(.directory, "d"), file("other"), file("d/f")])
        try upload.append(Array(bytes.prefix(512)))
        let stage = tree.names().first { $0.hasPrefix(".podkeeper-") } ?? ""
        try shell("rmdir '\(stage)/d'; ln -s ../outside '\(stage)/d'")
        #expect(throws: SandboxError.self) { try upload.append(Array(bytes.dropFirst(512))) }
        #expect(tree.names() == ["outside"] && tree.names("outside") == [])
    }

    @Test func damagedArchivesChangeNothing() throws {
        tree.make("there/f", "old")
        let whole = archive([file("f"), file("g", String(repeating: "x", count: 2000))])
        var damaged = whole
        damaged[1024] ^= 1
        for bytes in [
            [], Array(whole.prefix(600)), Array(whole.dropLast(1024)), damaged, [UInt8](repeating: 7, count: 600),
        ] {
            for target in ["there", "new"] {
                let error = #expect(throws: SandboxError.self) { try upload(target, bytes) }
                #expect(error?.kind == .file(.invalid))
                #expect(error?.message.contains("cannot be unpacked") == true)
            }
        }
        #expect(tree.names() == ["there"])
        #expect(tree.names("there") == ["f"] && tree.contents("there/f") == Array("old".utf8))
    }

    @Test func aDirectoryThatIsThereIsMerged() throws {
        tree.make("there/kept", "kept")
        tree.make("there/d/old", "old")
        tree.make("there/d/f", "old")
        tree.makeLink("there/l", to: "d/f")
        chmod(tree.full("there"), 0o710)
        try upload(
            "there",
            archive([
                entry(.directory, "./", mode: 0o700), file("d/f"), file("d/e/f", mode: 0o640), file("l"),
                entry(.directory, "locked", mode: 0o500), file("locked/f"), entry(.directory, "d", mode: 0o500),
            ]))
        #expect(tree.names("there") == ["d", "kept", "l", "locked"])
        #expect(tree.names("there/d") == ["e", "f", "old"])
        #expect(tree.contents("there/d/f") == Array("new".utf8))
        #expect(tree.mode("there/d/e/f") == 0o640)
        // In the place of the link, not of what it leads to.
        #expect(tree.contents("there/l") == Array("new".utf8) && !tree.isLink("there/l"))
        #expect(tree.mode("there") == 0o710 && tree.mode("there/d") == 0o755 && tree.mode("there/locked") == 0o500)
        #expect(tree.names("there/locked") == ["f"])
    }

    @Test func whatIsInTheWayStopsAllOfIt() throws {
        tree.make("there/d/f", "old")
        tree.makeDirectory("elsewhere")
        tree.makeLink("there/l", to: "../elsewhere")
        for members in [[file("a"), file("d")], [file("a"), file("d/f/g")], [file("a"), file("l/f")]] {
            let error = #expect(throws: SandboxError.self) { try upload("there", archive(members)) }
            #expect(error?.kind == .file(.exists))
        }
        #expect(tree.names("there") == ["d", "l"] && tree.names("elsewhere") == [])
        tree.make("file", "x")
        #expect(throws: SandboxError.notDirectory(try SandboxPath("file"))) { try upload("file", archive([])) }
        // Through a link to a directory, as any program would go.
        try upload("there/l", archive([file("f")]))
        #expect(tree.names("elsewhere") == ["f"])
        try upload(".", archive([file("top")]))
        #expect(tree.contents("top") == Array("new".utf8))
    }

    @Test func aDirectoryMadeMeanwhileIsMergedToo() throws {
        let upload = try ArchiveUpload(SandboxPath("place"), files)
        try upload.append(archive([file("d/f")]))
        tree.make("place/d/g", "theirs")
        try upload.finish()
        #expect(tree.names("place/d") == ["f", "g"] && tree.names() == ["place"])
    }

    @Test(.enabled(if: SmallDisk.canMount, "only where a tmpfs can be mounted")) func aFullDiskChangesNothing() throws {
        let disk = try #require(SmallDisk(at: tree.path + "/disk"))
        defer { disk.unmount() }
        tree.make("disk/there/f", "old")
        for target in ["disk/there", "disk/new"] {
            let error = #expect(throws: SandboxError.self) {
                try upload(target, archive([file("f"), file("g", String(repeating: "x", count: 90_000))]))
            }
            #expect(error?.kind == .file(.noSpace))
        }
        #expect(tree.names("disk") == ["there"] && tree.names("disk/there") == ["f"])
        #expect(tree.contents("disk/there/f") == Array("old".utf8))
    }

    @Test func packsWhatItCanAndSaysWhatNot() throws {
        tree.make("t/a", "1")
        tree.make("t/b", "2")
        let download = try ArchiveDownload(SandboxPath("t"), files)
        _ = try download.next(1)
        // Gone meanwhile.
        try shell("rm t/b")
        while try download.next(1) != nil {}
        #expect(throws: SandboxError.notDirectory(try SandboxPath("t/a"))) {
            try ArchiveDownload(SandboxPath("t/a"), files)
        }
        #expect(throws: SandboxError.fileNotFound(try SandboxPath("x"))) {
            try ArchiveDownload(SandboxPath("x"), files)
        }
        try shell("head -c 300000 /dev/zero >t/c")
        let changing = try ArchiveDownload(SandboxPath("t"), files)
        while let (offset, piece) = try changing.next(1000), offset + piece.count < 100_000 {}
        try shell("head -c 200000 /dev/zero >t/c")
        let error = #expect(throws: SandboxError.self) { while try changing.next(1000) != nil {} }
        #expect(error?.kind == .conflict)
    }
}
