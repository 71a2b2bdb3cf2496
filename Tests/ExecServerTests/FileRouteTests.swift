import ExecAPI
import Foundation
import Testing

@Suite("File routes") struct FileRouteTests {
    private func b64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    @Test("write and read every byte, in pieces too")
    func bytes() async throws {
        try await Execd.with { server async throws in
            let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let written = try await server.write("a/b c/d", content, headers: ["X-Mode: 640"])
            #expect(written.status == 200)
            #expect(try written.json()["size"] as? Int == content.count)
            let attributes = try FileManager.default.attributesOfItem(atPath: server.directory + "/a/b c/d")
            #expect(attributes[.posixPermissions] as? Int == 0o640)
            let read = try await server.send(
                "/v1/read_bytes", #"{"path_b64":"\#(b64("a/b c/d"))","offset":1000000,"length":500}"#)
            #expect(read.body == Array(content[1_000_000..<1_000_500]))
            #expect(read.headers["x-file-size"] == "3000000")
            #expect(read.headers["content-type"] == "application/octet-stream")
        }
    }

    @Test("leave the old file where an upload breaks off")
    func brokenUpload() async throws {
        try await Execd.with { server async throws in
            _ = try await server.write("f", Array("old".utf8))
            let connection = try await server.open()
            let header = "X-Path-B64: " + b64("f")
            let request = TestRequest(
                "/v1/write", body: [UInt8](repeating: 1, count: 1_000_000), token: Execd.token, headers: [header])
            try await connection.write(Array(request.bytes.dropLast(10)))
            connection.close()
            let isClean = await eventually {
                try FileManager.default.contentsOfDirectory(atPath: server.directory) == ["f"]
            }
            #expect(isClean)
            #expect(try String(contentsOfFile: server.directory + "/f", encoding: .utf8) == "old")
        }
    }

    @Test("edit, list, search and find")
    func others() async throws {
        try await Execd.with { server async throws in
            _ = try await server.write("d/x.txt", Array("one\ntwo\n".utf8))
            let edit = try await server.send(
                "/v1/edit",
                #"{"path_b64":"\#(b64("d/x.txt"))","old_b64":"\#(b64("o"))","new_b64":"\#(b64("0"))","replace_all":true}"#
            )
            #expect(try edit.json()["occurrences"] as? Int == 2)
            let lines = try JSONDecoder().decode(
                LinesResult.self,
                from: Data(
                    try await server.send("/v1/read_lines", #"{"path_b64":"\#(b64("d/x.txt"))","offset":0,"limit":9}"#)
                        .body))
            #expect(lines.lines.map { String(decoding: $0.bytes, as: UTF8.self) } == ["0ne", "tw0"])
            #expect(lines.totalLines == 2)
            let listing = try JSONDecoder().decode(
                ListingResult.self, from: Data(try await server.send("/v1/ls", #"{"path_b64":"\#(b64("."))"}"#).body))
            #expect(listing.entries.map(\.isDirectory) == [true])
            let glob = try JSONDecoder().decode(
                ListingResult.self,
                from: Data(try await server.send("/v1/glob", #"{"pattern":"**/*.txt","root_b64":""}"#).body))
            #expect(glob.entries.map { String(decoding: $0.name.bytes, as: UTF8.self) } == ["x.txt"])
            let grep = try JSONDecoder().decode(
                GrepResultBody.self,
                from: Data(
                    try await server.send("/v1/grep", #"{"pattern":"w0$","ignore_hidden":true,"limit":10}"#).body))
            #expect(grep.matches.map(\.lineNumber) == [2])
            #expect(try await server.send("/v1/exists", #"{"path_b64":"\#(b64("d"))"}"#).text == #"{"exists":false}"#)
        }
    }

    @Test("say what is wrong with a path")
    func errors() async throws {
        try await Execd.with { server async throws in
            let missing = try await server.send(
                "/v1/read_bytes", #"{"path_b64":"\#(b64("nope"))","offset":0,"length":1}"#)
            #expect(missing.status == 404)
            #expect(missing.error["kind"] as? String == "file_error")
            #expect(missing.error["reason"] as? String == "not_found")
            #expect(missing.error["message"] as? String == "File 'nope' not found")
            let directory = try await server.send(
                "/v1/read_bytes", #"{"path_b64":"\#(b64("."))","offset":0,"length":1}"#)
            #expect(directory.error["reason"] as? String == "is_directory")
            #expect(try await server.send("/v1/exists", #"{"path_b64":"*"}"#).status == 400)
            #expect(try await server.send("/v1/write", "x").status == 400)
            #expect(try await server.write("m", [], headers: ["X-Mode: 99"]).status == 400)
        }
    }
}
