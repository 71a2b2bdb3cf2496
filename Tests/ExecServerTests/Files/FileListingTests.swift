import ExecServer
import Glibc
import SandboxCore
import Testing

@Suite struct FileListingTests {
    private let tree = TestTree()
    private var files: FileOperations { FileOperations(workDirectory: tree.path) }

    private func names(_ listing: FileListing) -> [String] {
        listing.entries.map { String(decoding: $0.path.dropFirst(tree.path.utf8.count + 1), as: UTF8.self) }
    }

    @Test func listsWhatIsThere() throws {
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
        let listing = try files.list(SandboxPath("."))
        #expect(!listing.truncated)
        #expect(
            listing.entries.map(\.name) == [
                Array("dir".utf8), Array("to-dir".utf8), Array("-la".utf8), Array(".hidden".utf8),
                Array("new\nline\n".utf8), Array("nowhere".utf8), Array("to-file".utf8), Array("two  spaces".utf8),
                [0xFF, 0x41],
            ])
        #expect(listing.entries.map(\.isSymlink) == [false, true, false, false, false, true, true, false, false])
        #expect(listing.entries.map(\.size) == [nil, nil, 0, 7, 0, nil, 7, 0, 2])
        #expect(listing.entries[3].mode == 0o4640 && listing.entries[3].modifiedAt > 1_000_000_000)
        tree.make("dir/x", "")
        #expect(names(try files.list(SandboxPath("to-dir/"))) == ["to-dir/x"])
        #expect(try files.list(SandboxPath("/")).entries.contains { $0.path == Array("/tmp".utf8) && $0.isDirectory })
    }

    @Test func oneRowForWhatIsNoDirectory() throws {
        tree.make("f", "abc")
        tree.makeLink("l", to: "f")
        tree.makeLink("nowhere", to: "x")
        let row = try #require(try files.list(SandboxPath("l")).entries.first)
        #expect(row.name == Array("l".utf8) && row.size == 3 && row.isSymlink && !row.isDirectory)
        #expect(try files.list(SandboxPath("nowhere")).entries.map(\.isSymlink) == [true])
        #expect(throws: SandboxError.file(.notFound, "File 'x' not found")) { try files.list(SandboxPath("x")) }
    }

    @Test func longListingsAreCutAndSayso() throws {
        let long = String(repeating: "x", count: 240)
        tree.make("\(long)1000", "")
        for number in 1001..<5500 { link(tree.full("\(long)1000"), tree.full("\(long)\(number)")) }
        let listing = try files.list(SandboxPath("."))
        #expect(listing.truncated && listing.entries.count < 4500 && listing.entries.count > 3000)
        #expect(listing.entries.first?.name == Array("\(long)1000".utf8))
        let bytes = listing.entries.reduce(0) { $0 + $1.name.count + $1.path.count }
        #expect(bytes <= FileLimits.maximumListingBytes)
        #expect(try files.glob("*", root: "").truncated)
    }

    @Test func globbing() throws {
        for name in [
            "a.py", "src/b.py", "src/.c.py", "src/deep/er/d.py", "src/e.txt", "it's/f.py", "n\nl.py", "src.py",
        ] {
            tree.make(name, "12")
        }
        tree.makeLink("link.py", to: "a.py")
        tree.makeLink("linked", to: "src")
        tree.makeLink("src/cycle", to: "..")
        tree.makeDirectory("dir.py")
        for root in ["", ".", "/"] {
            let all = try files.glob("*.py", root: SearchRoot(root))
            // By the whole path's bytes: `src.py` is before `src/…`.
            #expect(
                names(all) == [
                    "a.py", "it's/f.py", "n\nl.py", "src.py", "src/.c.py", "src/b.py", "src/deep/er/d.py",
                ])
            #expect(all.entries.allSatisfy { $0.size == 2 && !$0.isDirectory } && !all.truncated)
        }
        #expect(names(try files.glob("src/*.{py,txt}", root: ".")) == ["src/.c.py", "src/b.py", "src/e.txt"])
        #expect(names(try files.glob("**/er/*", root: "src")) == ["src/deep/er/d.py"])
        #expect(names(try files.glob("\(tree.path)/src/*.txt", root: "/")) == ["src/e.txt"])
        #expect(names(try files.glob("[!a].py", root: "linked")) == ["linked/b.py", "linked/deep/er/d.py"])
        #expect(try files.glob("*.none", root: ".").entries.isEmpty)
        for (root, kind) in [("none", SandboxError.Kind.file(.notFound)), ("a.py", .file(.notDirectory))] {
            let error = #expect(throws: SandboxError.self) { try files.glob("*", root: SearchRoot(root)) }
            #expect(error?.kind == kind)
        }
        #expect(throws: SandboxError.self) { try files.glob("", root: ".") }
    }

    /// Deeper than the walk keeps directories open; on the way up it opens them again.
    @Test func deepTrees() throws {
        let deep = (0..<150).map { _ in "d" }
        for depth in stride(from: 1, through: 150, by: 10) {
            tree.make(deep.prefix(depth).joined(separator: "/") + "/a", "")
            tree.make(deep.prefix(depth).joined(separator: "/") + "/z", "")
        }
        let found = try files.glob("**/[az]", root: "")
        #expect(found.entries.count == 30 && !found.truncated)
        #expect(names(found).first == "d/a" && names(found).last == "d/z")
    }
}
