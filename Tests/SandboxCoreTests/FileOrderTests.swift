import SandboxCore
import Testing

@Suite struct FileOrderTests {
    private func entry(_ path: String, isDirectory: Bool = false) -> FileEntry {
        let bytes = Array(path.utf8)
        return FileEntry(
            name: bytes.split(separator: 0x2F).last.map(Array.init) ?? [], path: bytes, isDirectory: isDirectory,
            isSymlink: false, size: nil, mode: 0o644, modifiedAt: 0)
    }

    @Test func directoriesComeFirstThenBytes() {
        let entries = [
            entry("/b"), entry("/Z", isDirectory: true), entry("/é"), entry("/B"), entry("/a", isDirectory: true),
        ]
        #expect(
            entries.sorted(by: FileEntry.listingOrder).map { String(decoding: $0.name, as: UTF8.self) }
                == ["Z", "a", "B", "b", "é"])
        #expect(
            entries.sorted(by: FileEntry.pathOrder).map { String(decoding: $0.path, as: UTF8.self) }
                == ["/B", "/Z", "/a", "/b", "/é"])
    }

    @Test(arguments: [
        ("a", "/w/a"), ("/a//b/", "/a/b"), (".", "/w"), ("./a/./b", "/w/a/b"), ("../a", "/w/../a"), ("/", "/"),
        ("/.", "/"),
    ])
    func absolutePaths(path: String, absolute: String) throws {
        #expect(try SandboxPath(path).absolute(in: "/w") == Array(absolute.utf8))
    }

    @Test func splittingKeepsEveryByteButTheNewlines() throws {
        let path = try SandboxPath("/x")
        let slice = try LineSlice(splitting: Array("a\r\n\nb".utf8), totalLines: 3, path: path)
        #expect(slice.lines == [Array("a\r".utf8), [], Array("b".utf8)])
        #expect(try LineSlice(splitting: Array("a\n".utf8), totalLines: 1, path: path).lines == [Array("a".utf8)])
        #expect(try LineSlice(splitting: [], totalLines: 0, path: path).lines.isEmpty)
        #expect(throws: SandboxError.self) {
            try LineSlice(splitting: [UInt8](repeating: 10, count: 250_001), totalLines: 250_001, path: path)
        }
    }

    @Test func errorTextsAreBounded() {
        let error = SandboxError.stringNotFound([UInt8](repeating: 0x61, count: 1_000_000))
        #expect(error.message.utf8.count < 2100)
    }
}
