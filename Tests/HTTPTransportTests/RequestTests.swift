import Foundation
import HTTPTransport
import Testing

extension Transport {
    @Suite struct Requests {
        @Test func getReturnsStatusHeadersAndBody() async throws {
            let server = try ScriptedServer { connection, server in
                while try server.next(connection) != nil {
                    try connection.respond("418 Teapot", headers: ["X-Kind:  pot ", "X-Kind: second"], body: "hello")
                }
            }
            try await with(server) { client in
                let answer = try await client.send(
                    HTTPRequest(url: server.url + "/a/../b?x=1", headers: ["X-Empty": "", "Accept": "text/plain"]))
                #expect(answer.status == 418)
                #expect(answer.headers["x-kind"] == "pot")
                #expect(answer.headers.values("X-KIND") == ["pot", "second"])
                #expect(answer.body == Array("hello".utf8))
            }
            let request = try #require(server.requests.first)
            #expect(request.line == "GET /a/../b?x=1 HTTP/1.1")
            #expect(request.header("Host") == "127.0.0.1:\(server.port)")
            #expect(request.header("User-Agent") == "podkeeper")
            #expect(request.header("X-Empty")?.isEmpty == true)
            #expect(request.header("Accept-Encoding") == nil)
        }

        @Test func postSendsItsBodyWithoutExpectOrFormType() async throws {
            let body = (0..<(2 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let server = try ScriptedServer.answering()
            try await with(server) { client in
                let answer = try await client.send(HTTPRequest(method: "POST", url: server.url, body: body))
                #expect(answer.status == 200)
            }
            let request = try #require(server.requests.first)
            #expect(request.body == body)
            #expect(request.header("Expect") == nil)
            #expect(request.header("Content-Type") == nil)
        }

        @Test(arguments: ["POST", "PUT", "PATCH", "DELETE", "HEAD", "GET"])
        func methodsWithoutBody(method: String) async throws {
            let server = try ScriptedServer { connection, server in
                while let request = try server.next(connection) {
                    // The body of an answer to HEAD is only announced.
                    try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
                    if request.method != "HEAD" { try connection.write("ok") }
                }
            }
            try await with(server) { client in
                for _ in 0..<2 {
                    let answer = try await client.send(HTTPRequest(method: method, url: server.url))
                    #expect(answer.body == (method == "HEAD" ? [] : Array("ok".utf8)))
                }
            }
            #expect(server.requests.map(\.method) == [method, method])
            let announces = ["POST", "PUT", "PATCH"].contains(method)
            #expect(server.requests.allSatisfy { $0.header("Content-Length") == (announces ? "0" : nil) })
        }

        @Test func interimAnswersAndTrailersAreNotShown() async throws {
            let server = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.write("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
                try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Real: 1\r\n\r\n")
                try connection.writeChunk(Array("abc".utf8))
                try connection.write("0\r\nX-Trailer: 1\r\n\r\n")
                connection.waitForEnd()
            }
            try await with(server) { client in
                let answer = try await client.send(HTTPRequest(url: server.url))
                #expect(answer.status == 200)
                #expect(answer.headers.fields.map(\.name) == ["Transfer-Encoding", "X-Real"])
                #expect(answer.body == Array("abc".utf8))
            }
        }

        @Test("T27 Redirects are not followed") func redirectsAreNotFollowed() async throws {
            let server = try ScriptedServer { connection, server in
                while try server.next(connection) != nil {
                    try connection.respond("302 Found", headers: ["Location: \(server.url)/elsewhere"])
                }
            }
            try await with(server) { client in
                let answer = try await client.send(HTTPRequest(url: server.url, headers: ["Authorization": "secret"]))
                #expect(answer.status == 302)
            }
            #expect(server.requests.count == 1)
        }

        @Test func bodiesAreBounded() async throws {
            let server = try ScriptedServer.answering(String(repeating: "x", count: 100_000))
            try await with(server) { client in
                let exact = try await client.send(HTTPRequest(url: server.url, maximumBodyBytes: 100_000))
                #expect(exact.body.count == 100_000)
                let error = try await failure {
                    try await client.send(HTTPRequest(url: server.url, maximumBodyBytes: 99_999))
                }
                #expect(error.code == .tooLarge)
                #expect(error.requestMayHaveReachedServer)
                #expect(error.message.contains("99999"))
            }
        }

        @Test("T104 A compressed body arrives unpacked, bounded by its unpacked size, and a damaged one is an error")
        func gzip() async throws {
            let text = String(repeating: "0123456789abcdef", count: 20_000)
            let packed = try Self.gzip(Array(text.utf8))
            let server = try ScriptedServer { connection, server in
                while let request = try server.next(connection) {
                    var body = packed
                    if request.line.contains("/damaged") { body[packed.count / 2] ^= 0xFF }
                    try connection.write(
                        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(body.count)\r\n\r\n")
                    try connection.write(request.line.contains("/cut") ? Array(body.dropLast(20)) : body)
                    if request.line.contains("/cut") { return }
                }
            }
            try await with(server) { client in
                func get(_ path: String, limit: Int = 1 << 20) async throws -> HTTPResponse {
                    var request = HTTPRequest(url: server.url + path, maximumBodyBytes: limit)
                    request.acceptsGzip = true
                    return try await client.send(request)
                }
                #expect(try await get("/").body == Array(text.utf8))
                try await expect(.tooLarge) { try await get("/", limit: text.utf8.count - 1) }
                let damaged = try await failure { try await get("/damaged") }
                #expect(damaged.code == .protocolViolation)
                try await expect(.reset) { try await get("/cut") }
            }
            #expect(server.requests.first?.header("Accept-Encoding") == "gzip")
        }

        private static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("pk-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data(bytes).write(to: file)
            let (process, output) = (Process(), Pipe())
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["gzip", "-c", file.path]
            process.standardOutput = output
            try process.run()
            defer { process.waitUntilExit() }
            return Array(output.fileHandleForReading.readDataToEndOfFile())
        }

        @Test func headersAreBounded() async throws {
            let server = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.write("HTTP/1.1 200 OK\r\n")
                let line = "X-Filler: " + String(repeating: "y", count: 50_000) + "\r\n"
                for _ in 0..<10 { try connection.write(line) }
                connection.waitForEnd()
            }
            try await with(server) { client in
                let error = try await failure { try await client.send(HTTPRequest(url: server.url)) }
                #expect(error.code == .tooLarge)
            }
        }

        @Test func unixSocket() async throws {
            let directory = try temporaryDirectory()
            defer { try? FileManager.default.removeItem(at: directory) }
            let path = directory.appendingPathComponent("s").path
            let server = try ScriptedServer.answering("from unix", unixPath: path)
            try await with(server) { client in
                let endpoint = HTTPEndpoint(unixSocketPath: path)
                let answer = try await client.send(HTTPRequest(url: "http://localhost/health", endpoint: endpoint))
                #expect(answer.body == Array("from unix".utf8))
                let gone = HTTPEndpoint(unixSocketPath: path + "x")
                let error = try await failure {
                    try await client.send(HTTPRequest(url: "http://localhost/health", endpoint: gone))
                }
                #expect(error.code == .connect)
                #expect(!error.requestMayHaveReachedServer)
                #expect(error.message.contains(path + "x"))
            }
        }

        @Test(arguments: [
            HTTPRequest(url: "ftp://127.0.0.1/"), HTTPRequest(url: "127.0.0.1"), HTTPRequest(url: ""),
            HTTPRequest(url: "http://user:word@127.0.0.1/"), HTTPRequest(url: "http://127.0.0.1:99999/"),
            HTTPRequest(method: "GE T", url: "http://127.0.0.1/"),
            HTTPRequest(url: "http://127.0.0.1/", headers: ["X": "a\r\nInjected: 1"]),
            HTTPRequest(url: "http://127.0.0.1/", headers: ["X:Y": "a"]),
            HTTPRequest(url: "http://127.0.0.1/", headers: ["Content-Length": "3"]),
            HTTPRequest(
                url: "https://127.0.0.1/", endpoint: HTTPEndpoint(tls: TLSSettings(clientCertificatePEM: [1]))),
            HTTPRequest(url: "http://127.0.0.1/", endpoint: HTTPEndpoint(unixSocketPath: "/a\0b")),
        ])
        func impossibleRequestsAreRefused(request: HTTPRequest) async throws {
            try await withClient { client in
                let error = try await failure { try await client.send(request) }
                #expect(error.code == .invalidRequest)
                #expect(!error.requestMayHaveReachedServer)
                #expect(!error.message.contains("word"))
            }
        }
    }
}
