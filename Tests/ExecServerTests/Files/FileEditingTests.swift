import Dispatch
import ExecServer
import Glibc
import SandboxCore
import Testing

@Suite struct FileEditingTests {
    private let tree = TestTree()
    private let files: FileOperations

    init() { files = FileOperations(workDirectory: tree.path) }

    private func edit(_ name: String, _ old: String, _ new: String, all: Bool = false) throws -> Int {
        try files.edit(
            SandboxPath(name), replacing: Array(old.utf8), with: Array(new.utf8), replacesAll: all)
    }

    @Test func nothingElseChanges() throws {
        let binary = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8)) }
        tree.make(Array("b".utf8), binary + Array("needle".utf8) + binary)
        chmod(tree.full("b"), 0o711)
        #expect(try edit("b", "needle", "pin") == 1)
        #expect(tree.contents("b") == binary + Array("pin".utf8) + binary)
        #expect(tree.mode("b") == 0o711)
        tree.make("t", "a-a-a")
        #expect(try edit("t", "a", "", all: true) == 3)
        #expect(tree.contents("t") == Array("--".utf8))
    }

    @Test func throughALinkAndByItsErrors() throws {
        tree.make("f", "one two two")
        tree.makeLink("l", to: "f")
        tree.makeDirectory("d")
        mkfifo(tree.full("fifo"), 0o644)
        tree.make("empty", "")
        #expect(try edit("l", "one", "1") == 1)
        #expect(tree.isLink("l") && tree.contents("f") == Array("1 two two".utf8))
        for (name, old, message) in [
            ("f", "x", "String 'x' not found in file"), ("empty", "x", "String 'x' not found in file"),
            ("f", "two", "String 'two' found 2 times. Use replace_all=True to replace all, or provide more context."),
            ("f", "", "old_string must not be empty"), ("gone", "x", "File 'gone' not found"),
            ("gone/x", "x", "File 'gone/x' not found"), ("d", "x", "'d' is a directory"),
            ("fifo", "x", "'fifo' is not a regular file"),
        ] {
            let error = #expect(throws: SandboxError.self) { try edit(name, old, "y") }
            #expect(error?.message == message)
        }
        #expect(tree.names() == ["d", "empty", "f", "fifo", "l"])
    }

    @Test func tooLargeToHold() throws {
        tree.make("big", "x")
        truncate(tree.full("big"), off_t(FileLimits.maximumEditBytes) + 1)
        let error = #expect(throws: SandboxError.self) { try edit("big", "x", "y") }
        #expect(error?.kind == .file(.tooLarge))
    }

    /// Real threads, by several paths to the same file, with writers of other files between them.
    @Test func concurrentEditsLoseNothing() throws {
        let count = 64
        tree.make("f", (0..<count).map { "[\($0)]" }.joined())
        tree.makeDirectory("d")
        tree.makeLink("l", to: "f")
        tree.makeLink("here", to: ".")
        let files = files
        DispatchQueue.concurrentPerform(iterations: count) { number in
            let path = ["f", "l", "here/f", "d/../f"][number % 4]
            guard let path = try? SandboxPath(path), let other = try? SandboxPath("other\(number % 8)") else { return }
            _ = try? files.edit(
                path, replacing: Array("[\(number)]".utf8), with: Array("<\(number)>".utf8), replacesAll: false)
            _ = try? files.write(other, contents: [1])
        }
        #expect(tree.contents("f") == Array((0..<count).map { "<\($0)>" }.joined().utf8))
        #expect(!tree.names().contains { $0.hasPrefix(".podkeeper-") })
    }
}
