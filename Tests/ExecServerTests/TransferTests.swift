import ExecAPI
import Foundation
import SandboxCore
import Testing

@Suite("Transfers", .timeLimit(.minutes(2))) struct TransferTests {
    private func begin(_ server: Execd, _ path: String, size: Int64? = nil, sha256: String? = nil) async throws
        -> String
    {
        let body = UploadBody(
            path: Base64Bytes(Array(path.utf8)), format: "file", mode: 0o640, size: size, sha256: sha256)
        let reply = try await server.send(
            "/v1/upload", String(decoding: try JSONEncoder().encode(body), as: UTF8.self))
        guard reply.status == 200 else { throw TestFailure(reply.text) }
        return try JSONDecoder().decode(UploadResult.self, from: Data(reply.body)).uploadID
    }

    private func append(_ server: Execd, _ id: String, _ bytes: [UInt8], _ offset: Int? = nil) async throws -> TestReply
    {
        let connection = try await server.open()
        let headers = ["X-Upload-Id: \(id)"] + (offset.map { ["X-Offset: \($0)"] } ?? [])
        try await connection.write(
            TestRequest("/v1/upload/chunk", body: bytes, token: Execd.token, headers: headers).bytes)
        return try await connection.reply()
    }

    private func commit(_ server: Execd, _ id: String) async throws -> TestReply {
        try await server.send("/v1/upload/commit", #"{"upload_id":"\#(id)"}"#)
    }

    private func download(_ server: Execd, _ path: String, _ offset: Int64 = 0) async throws -> TestReply {
        let body = DownloadBody(path: Base64Bytes(Array(path.utf8)), format: "file", offset: offset)
        return try await server.send(
            "/v1/download", String(decoding: try JSONEncoder().encode(body), as: UTF8.self))
    }

    /// The bytes of a download and its last frame.
    private func content(_ reply: TestReply) throws -> (bytes: [UInt8], end: DownloadEndBody) {
        var decoder = RunFrameDecoder()
        decoder.append(reply.body)
        var bytes: [UInt8] = []
        while let frame = try decoder.next() {
            switch frame {
            case .stdout(_, let piece): bytes += piece
            case .outcome(let json): return (bytes, try JSONDecoder().decode(DownloadEndBody.self, from: Data(json)))
            default: continue
            }
        }
        throw TestFailure("the download has no end")
    }

    @Test("carry a file up in pieces, unseen before the commit, and down again from any byte")
    func upAndDown() async throws {
        try await Execd.with { server async throws in
            let piece = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8)) }
            let whole = piece + piece
            let digest = SHA256.hex(whole)
            let id = try await begin(server, "d/f", size: Int64(whole.count), sha256: digest)
            #expect(try await append(server, id, piece, 0).text == #"{"received":3000000}"#)
            // A repeat adds nothing; a gap is refused.
            #expect(try await append(server, id, piece, 0).text == #"{"received":3000000}"#)
            #expect(try await append(server, id, piece, 3_000_001).status == 409)
            #expect(try await append(server, id, piece).status == 200)
            #expect(!FileManager.default.fileExists(atPath: server.directory + "/d/f"))
            let committed = try await commit(server, id)
            #expect(committed.status == 200 && committed.text.contains(digest))
            #expect(FileManager.default.contents(atPath: server.directory + "/d/f").map { Array($0) } == whole)
            #expect(try await commit(server, id).status == 409)

            for offset in [0, 1, 4_000_001, whole.count] {
                let (bytes, end) = try content(try await download(server, "d/f", Int64(offset)))
                #expect(bytes == Array(whole.dropFirst(offset)))
                #expect(end.result == TransferResultBody(size: Int64(whole.count), sha256: digest))
            }
            #expect(try await download(server, "d/f", Int64(whole.count) + 1).status == 400)
            #expect(try await download(server, "none").status == 404)
            #expect(try await download(server, "d").status == 409)
        }
    }

    @Test("that are not what they were to be, or are dropped, leave what was there before")
    func refused() async throws {
        try await Execd.with { server async throws in
            #expect(try await server.write("f", Array("old".utf8)).status == 200)
            let wrong = try await begin(server, "f", sha256: String(repeating: "0", count: 64))
            #expect(try await append(server, wrong, [1]).status == 200)
            #expect(try await commit(server, wrong).status == 400)
            let short = try await begin(server, "f", size: 5)
            #expect(try await append(server, short, [1]).status == 200)
            #expect(try await append(server, short, [1, 2, 3, 4, 5]).status == 400)
            #expect(try await commit(server, short).status == 400)
            let dropped = try await begin(server, "f")
            #expect(try await server.send("/v1/upload/drop", #"{"upload_id":"\#(dropped)"}"#).status == 200)
            #expect(try await server.send("/v1/upload/drop", #"{"upload_id":"\#(dropped)"}"#).status == 200)
            #expect(try await append(server, dropped, [1]).status == 409)
            let names = try FileManager.default.contentsOfDirectory(atPath: server.directory)
            #expect(names == ["f"])
            #expect(try String(contentsOfFile: server.directory + "/f", encoding: .utf8) == "old")
        }
    }
}
