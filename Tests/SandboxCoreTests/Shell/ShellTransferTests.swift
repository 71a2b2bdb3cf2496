import Glibc
import SandboxCore
import Synchronization
import Testing

@Suite struct ShellTransferTests {
    private let tree = TestTree()

    private func files(_ shell: HostShell) -> ShellFileOperations<HostShell> {
        ShellFileOperations(runner: shell, workDirectory: tree.path)
    }

    private func download(
        _ files: ShellFileOperations<HostShell>, _ path: String, _ format: TransferFormat = .file, offset: Int64 = 0
    ) async throws -> (bytes: [UInt8], result: TransferResult) {
        let collected = Mutex([UInt8]())
        let request = DownloadRequest(path: try SandboxPath(path), format: format, offset: offset)
        let result = try await files.download(request) { at, bytes in
            collected.withLock { collected in
                #expect(at == offset + Int64(collected.count))
                collected += bytes
            }
        }
        return (collected.withLock { $0 }, result)
    }

    private func kind(_ body: () async throws -> Void) async -> SandboxError.Kind? {
        do { try await body() } catch { return (error as? SandboxError)?.kind }
        return nil
    }

    @Test(arguments: HostShell.all + HostShell.small + HostShell.withInput)
    func filesOfAnySize(shell: HostShell) async throws {
        let files = files(shell)
        let bytes = pattern(30_000)
        let request = UploadRequest(
            path: try SandboxPath("deep/er/f"), mode: 0o640, size: Int64(bytes.count), sha256: SHA256.hex(bytes))
        let id = try await files.beginUpload(request)
        #expect(try await files.appendUpload(id, Array(bytes[..<10_000]), offset: nil) == 10_000)
        #expect(try await files.appendUpload(id, Array(bytes[5000..<15_000]), offset: 5000) == 15_000)
        #expect(await kind { _ = try await files.appendUpload(id, [1], offset: 20_000) } == .conflict)
        #expect(tree.contents("deep/er/f") == nil)
        #expect(try await files.appendUpload(id, Array(bytes[15_000...]), offset: nil) == 30_000)
        #expect(try await files.commitUpload(id) == TransferResult(size: 30_000, sha256: SHA256.hex(bytes)))
        #expect(tree.contents("deep/er/f") == bytes)
        #expect(tree.mode("deep/er/f") == 0o640)
        #expect(tree.names("deep/er") == ["f"])
        let whole = try await download(files, "deep/er/f")
        #expect(whole.bytes == bytes)
        #expect(whole.result == TransferResult(size: 30_000, sha256: SHA256.hex(bytes)))
        let part = try await download(files, "deep/er/f", offset: 29_000)
        #expect(part.bytes == Array(bytes[29_000...]))
        #expect(part.result == whole.result)
        tree.make("empty", "")
        #expect(try await download(files, "empty").bytes == [])
    }

    @Test(arguments: HostShell.all) func nothingIsLeftOfAnUploadThatFails(shell: HostShell) async throws {
        let files = files(shell)
        tree.make("f", "old")
        let path = try SandboxPath("f")
        for request in [
            UploadRequest(path: path, size: 4), UploadRequest(path: path, sha256: String(repeating: "0", count: 64)),
        ] {
            let id = try await files.beginUpload(request)
            _ = try await files.appendUpload(id, [1, 2, 3], offset: nil)
            #expect(await kind { _ = try await files.commitUpload(id) } == .file(.invalid))
            #expect(await kind { _ = try await files.commitUpload(id) } == .conflict)
        }
        let dropped = try await files.beginUpload(UploadRequest(path: path))
        _ = try await files.appendUpload(dropped, [1], offset: nil)
        try await files.dropUpload(dropped)
        try await files.dropUpload(dropped)
        #expect(await kind { _ = try await files.appendUpload(dropped, [1], offset: nil) } == .conflict)
        #expect(tree.names() == ["f"])
        #expect(tree.contents("f") == Array("old".utf8))
        tree.makeDirectory("d")
        #expect(
            await kind { _ = try await files.beginUpload(UploadRequest(path: SandboxPath("d"))) } == .file(.isDirectory)
        )
    }

    /// As where a connection ends in the middle and the node calls it the end of stdin (kubernetes#60140).
    @Test(
        "T102 an upload that lost bytes on its way is noticed by its checksum, and its repeat is whole",
        arguments: HostShell.all)
    func lostBytes(shell: HostShell) async throws {
        let files = files(shell)
        tree.make("f", "old")
        let path = try SandboxPath("f")
        let bytes = pattern(30_000)
        let first = try await files.beginUpload(UploadRequest(path: path))
        _ = try await files.appendUpload(first, bytes, offset: nil)
        let arrived = try #require(tree.names().first { $0 != "f" })
        tree.make(Array(arrived.utf8), Array(bytes.dropLast(1000)))
        await #expect(throws: SandboxError.self) { _ = try await files.commitUpload(first) }
        #expect(tree.names() == ["f"])
        #expect(tree.contents("f") == Array("old".utf8))
        let second = try await files.beginUpload(UploadRequest(path: path))
        _ = try await files.appendUpload(second, bytes, offset: nil)
        #expect(try await files.commitUpload(second).sha256 == SHA256.hex(bytes))
        #expect(tree.contents("f") == bytes)
    }

    @Test(arguments: HostShell.all) func directoriesAsArchives(shell: HostShell) async throws {
        let files = files(shell)
        tree.make("from/a b/it's", "1")
        tree.make(Array("from/".utf8) + [0xFF, 0x0A], [0, 1, 2])
        tree.makeLink("from/l", to: "a b")
        chmod(tree.full("from/a b/it's"), 0o751)
        let archive = try await download(files, "from", .tar)
        #expect(archive.result == TransferResult(size: Int64(archive.bytes.count), sha256: SHA256.hex(archive.bytes)))
        let id = try await files.beginUpload(UploadRequest(path: try SandboxPath("new/to"), format: .tar))
        _ = try await files.appendUpload(id, archive.bytes, offset: nil)
        #expect(tree.names("new") == [".podkeeper-\(id)"])
        #expect(try await files.commitUpload(id) == archive.result)
        #expect(tree.contents("new/to/a b/it's") == Array("1".utf8))
        #expect(tree.mode("new/to/a b/it's") == 0o751)
        #expect(tree.contents(Array("new/to/".utf8) + [0xFF, 0x0A]) == [0, 1, 2])
        #expect(tree.isLink("new/to/l"))
        #expect(tree.names("new") == ["to"])

        let broken = try await files.beginUpload(UploadRequest(path: try SandboxPath("new/to"), format: .tar))
        _ = try await files.appendUpload(broken, pattern(5000), offset: nil)
        #expect(await kind { _ = try await files.commitUpload(broken) } == .file(.invalid))
        #expect(tree.names("new") == ["to"])
        #expect(await kind { _ = try await download(files, "new/to/l/it's", .tar) } == .file(.notDirectory))
        #expect(await kind { _ = try await download(files, "none", .tar) } == .file(.notFound))
    }
}
