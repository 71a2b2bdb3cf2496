import ExecServer
import Glibc
import SandboxCore
import Testing

@Suite struct FileReadingTests {
    private let tree = TestTree()
    private var files: FileOperations { FileOperations(workDirectory: tree.path) }

    @Test func everyByteComesBack() throws {
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8)) }
        tree.make(Array("b".utf8), bytes)
        let path = try SandboxPath("b")
        #expect(
            try files.readBytes(path, offset: 0, length: .max) == ByteSlice(bytes: bytes, size: 200_000, isAtEnd: true))
        let middle = try files.readBytes(path, offset: 65_530, length: 12)
        #expect(middle == ByteSlice(bytes: Array(bytes[65_530..<65_542]), size: 200_000, isAtEnd: false))
        let exact = try files.readBytes(path, offset: 199_990, length: 10)
        #expect(exact == ByteSlice(bytes: Array(bytes[199_990...]), size: 200_000, isAtEnd: true))
        let past = try files.readBytes(path, offset: .max, length: 5)
        #expect(past == ByteSlice(bytes: [], size: 200_000, isAtEnd: true))
        #expect(try files.readBytes(path, offset: 5, length: 0).isAtEnd == false)
    }

    @Test func aFileThatHasNoSizeIsReadToItsEnd() throws {
        let status = try files.readBytes(SandboxPath("/proc/self/status"), offset: 0, length: 100_000)
        #expect(status.isAtEnd && status.bytes.starts(with: "Name:".utf8) && status.size == Int64(status.bytes.count))
        #expect(try files.readLines(SandboxPath("/proc/self/status"), offset: 0, limit: 1).totalLines > 10)
    }

    @Test(
        arguments: [
            ("", 0, 5, [], 0), ("a", 0, 5, ["a"], 1), ("a\n", 0, 5, ["a"], 1), ("\n", 0, 5, [""], 1),
            ("a\r\n\r\nb\r\n", 0, 9, ["a\r", "\r", "b\r"], 3), ("1\n2\n3", 1, .max, ["2", "3"], 3),
            ("1\n2\n3", 2, 1, ["3"], 3),
            ("1\n2\n3", 7, 2, [], 3), ("1\n2\n3", 0, 0, [], 3), ("1\n2\n3\n", 0, 2, ["1", "2"], 3),
        ] as [(String, Int, Int, [String], Int)])
    func lines(text: String, offset: Int, limit: Int, lines: [String], total: Int) throws {
        tree.make("f", text)
        let slice = try files.readLines(SandboxPath("f"), offset: offset, limit: limit)
        #expect(slice == LineSlice(lines: lines.map { Array($0.utf8) }, totalLines: total))
    }

    @Test func linesAcrossBlocksAndTheRawForm() throws {
        let text = (0..<30_000).map { "line \($0)\n" }.joined() + "end"
        tree.make("f", text)
        let slice = try files.readLines(SandboxPath("f"), offset: 9_000, limit: 12_000)
        #expect(slice.totalLines == 30_001)
        #expect(slice.lines == (9_000..<21_000).map { Array("line \($0)".utf8) })
        let raw = try files.readRawLines(SandboxPath("f"), offset: 0, limit: 1_000_000_000)
        #expect(raw.bytes == Array(text.utf8) && raw.totalLines == 30_001)
    }

    @Test func whatCannotBeRead() throws {
        tree.make("nul", "text\u{0}more")
        tree.make("late", String(repeating: "x", count: 8000) + "\u{0}\n")
        tree.make("file", "x")
        tree.makeDirectory("d")
        tree.makeLink("loop", to: "loop")
        tree.makeLink("dangling", to: "nowhere")
        tree.makeLink("good", to: "file")
        mkfifo(tree.full("fifo"), 0o644)
        for (name, message) in [
            ("missing", "File 'missing' not found"), ("d", "'d' is a directory"),
            ("nul", "'nul' is a binary file: read it as bytes"), ("fifo", "'fifo' is not a regular file"),
            ("loop", "Too many levels of symbolic links in 'loop'"), ("dangling", "File 'dangling' not found"),
            ("file/x", "File 'file/x' not found"), ("/dev/zero", "'/dev/zero' is not a regular file"),
        ] {
            let path = try SandboxPath(name)
            let error = #expect(throws: SandboxError.self) { try files.readLines(path, offset: 0, limit: 1) }
            #expect(error?.message == message)
            #expect(try files.exists(path) == (name == "nul"))
        }
        #expect(try files.readLines(SandboxPath("late"), offset: 0, limit: 1).totalLines == 1)
        #expect(try files.readBytes(SandboxPath("nul"), offset: 4, length: 1).bytes == [0])
        #expect(try files.exists(SandboxPath("good")))
        #expect(try !files.exists(SandboxPath("d")))
        let long = try SandboxPath(String(repeating: "x", count: 300))
        #expect(throws: SandboxError.self) { try files.readBytes(long, offset: 0, length: 1) }
    }

    @Test func boundsAreKept() throws {
        tree.make("big", "")
        truncate(tree.full("big"), off_t(FileLimits.maximumReadBytes) + 1)
        let error = #expect(throws: SandboxError.self) {
            try files.readBytes(SandboxPath("big"), offset: 0, length: .max)
        }
        #expect(error?.kind == .file(.tooLarge))
        #expect(
            try files.readBytes(SandboxPath("big"), offset: 1, length: .max).bytes.count == FileLimits.maximumReadBytes)
        let line = [UInt8](repeating: 0x61, count: 1 << 20) + [0x0A]
        tree.make(Array("wide".utf8), (0..<9).flatMap { _ in line })
        let wide = #expect(throws: SandboxError.self) {
            try files.readLines(SandboxPath("wide"), offset: 0, limit: 9)
        }
        #expect(wide?.kind == .file(.tooLarge))
        #expect(
            try files.readLines(SandboxPath("wide"), offset: 7, limit: 1)
                == LineSlice(lines: [line.dropLast()], totalLines: 9))
        #expect(throws: SandboxError.self) { try files.readLines(SandboxPath("wide"), offset: -1, limit: 1) }
    }

    @Test func aDeadlineAndACancellationEndIt() throws {
        tree.make("f", "x")
        let late = OperationWatch(deadline: .now, isCancelled: { false })
        let gone = OperationWatch(deadline: nil, isCancelled: { true })
        let path = try SandboxPath("f")
        for (watch, kind) in [(late, SandboxError.Kind.deadlineExceeded), (gone, .cancelled)] {
            let calls: [() throws -> Void] = [
                { _ = try files.readLines(path, offset: 0, limit: 1, watch: watch) },
                { _ = try files.readBytes(path, offset: 0, length: 1, watch: watch) },
                { _ = try files.list(SandboxPath("."), watch: watch) },
                { _ = try files.glob("*", root: "", watch: watch) },
                { _ = try files.grep(GrepQuery(pattern: "x"), watch: watch) },
                { _ = try files.grep(GrepQuery(pattern: "x", path: path), watch: watch) },
            ]
            for call in calls {
                let error = #expect(throws: SandboxError.self) { try call() }
                #expect(error?.kind == kind)
            }
        }
    }
}
