import Foundation
import Tar
import Testing

/// What the system's tar(1) writes is read, and what is written here it reads.
@Suite struct SystemTarTests {
    private static let long = String(repeating: "d23456789/", count: 12) + String(repeating: "n", count: 99)

    private func makeTree(_ tool: TarTool) throws {
        try tool.shell(
            """
            mkdir -p tree/a/b "tree/$(dirname '\(Self.long)')"; cd tree
            printf hello >a/f; : >empty; chmod 4711 a/f; ln a/f a/g; ln -s ../a/f a/b/l; mkfifo p
            head -c 70000 /dev/urandom >big; printf long >'\(Self.long)'
            printf odd >"$(printf 'n\\377\\n x')"; touch -d @1000000000 empty; chmod 500 a/b
            """)
    }

    @Test(arguments: ["gnu", "ustar", "pax", "v7"]) func readsIts(_ format: String) throws {
        let tool = try TarTool()
        try makeTree(tool)
        // The oldest format has no room for long names, and none for FIFOs.
        if format == "v7" { try tool.shell("rm -r tree/d23456789 tree/p") }
        let bytes = try tool.shell("tar --format=\(format) --sort=name -cf - -C tree .")
        let archive = try Archive(bytes)
        let names = try tool.shell("cd tree; find . -print0").split(separator: 0).map(Array.init)
        let read = archive.members.map { $0.entry.name.last == 0x2F ? $0.entry.name.dropLast() : $0.entry.name[...] }
        #expect(Set(read.map(Array.init)) == Set(names))
        #expect(archive["./a/f"]?.entry.mode == 0o4711)
        #expect(archive["./a/f"]?.contents == Array("hello".utf8))
        #expect(archive["./a/g"]?.entry.kind == .hardLink)
        #expect(archive["./a/g"]?.entry.linkName == Array("./a/f".utf8))
        #expect(archive["./a/b/l"]?.entry.linkName == Array("../a/f".utf8))
        #expect(archive["./a/b/"]?.entry.mode == 0o500)
        #expect(archive["./empty"]?.entry.modifiedAt == 1_000_000_000)
        #expect(archive["./big"]?.contents == (try tool.shell("cat tree/big")))
        if format != "v7" {
            #expect(archive["./p"]?.entry.kind == .fifo)
            #expect(archive["./" + Self.long]?.contents == Array("long".utf8))
        }
        for size in [1, 333, 4096] { #expect(try Archive(bytes, inPiecesOf: size) == archive) }
    }

    @Test func refusesHoles() throws {
        let tool = try TarTool()
        try tool.shell("truncate -s 10M holes")
        for format in ["gnu", "pax"] {
            let bytes = try tool.shell("tar --format=\(format) --sparse -cf - holes")
            let error = #expect(throws: TarError.self) { try Archive(bytes) }
            #expect(error?.description.contains("sparse") == true)
        }
    }

    @Test func isUnderstoodByIt() throws {
        let tool = try TarTool()
        try makeTree(tool)
        // Read from one format, written in ours, and unpacked again.
        let archive = try Archive(try tool.shell("tar --format=pax -cf - -C tree ."))
        try tool.file("ours.tar", archive.bytes)
        try tool.shell("mkdir copy; tar -xpf ours.tar -C copy")
        let list = #"find . -printf '%P %y %m %T@ %l\0' | sed -z 's/\.[0-9]* / /' | sort -z"#
        #expect(try tool.shell("cd tree; \(list)") == tool.shell("cd copy; \(list)"))
        try tool.shell("diff -r --no-dereference -x p tree copy")
    }
}
