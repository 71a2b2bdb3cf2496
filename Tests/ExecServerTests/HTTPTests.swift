import ExecAPI
import Foundation
import Testing

@Suite("HTTP") struct HTTPTests {
    private let exec = TestRequest("/exec", body: Array(#"{"command":"echo $$"}"#.utf8), token: Execd.token)

    @Test("Requests sent at once are answered one after the other")
    func pipelining() async throws {
        try await Execd.with { server async throws in
            let connection = try await server.open()
            try await connection.write(exec.bytes + exec.bytes + TestRequest("/health", method: "GET").bytes)
            for _ in 0..<2 { #expect(try await connection.reply().text.contains(#""exit_code":0"#)) }
            #expect(try await connection.reply().text == #"{"ready":true}"#)
        }
    }

    @Test("Every answer says that it is the exec server's own")
    func ownAnswers() async throws {
        try await Execd.with { server async throws in
            let run = Array(try JSONEncoder().encode(RunBody(argv: ["true"], runID: "r")))
            let requests = [
                exec.bytes, TestRequest("/health", method: "GET").bytes, TestRequest("/none", method: "GET").bytes,
                TestRequest("/exec", body: [], token: "wrong").bytes, Array("nonsense\r\n\r\n".utf8),
                TestRequest("/v1/run", body: run, token: Execd.token).bytes,
            ]
            for request in requests {
                let connection = try await server.open()
                try await connection.write(request)
                #expect(try await connection.reply().headers["x-execd"] == "1")
                connection.close()
            }
        }
    }

    @Test("A refused request's body is never taken for a request")
    func smuggling() async throws {
        try await Execd.with { server async throws in
            for size in [100, 3_000_000] {
                let inner = TestRequest("/exec", body: Array(#"{"command":"touch smuggled"}"#.utf8), token: Execd.token)
                    .bytes
                let body = [UInt8](repeating: 32, count: size) + inner
                let connection = try await server.open()
                try await connection.write(TestRequest("/exec", body: body, token: "wrong").bytes)
                #expect(try await connection.reply().status == 401)
                connection.close()
            }
            #expect(try await server.get("/health").status == 200)
            #expect(!FileManager.default.fileExists(atPath: server.directory + "/smuggled"))
        }
    }

    @Test("A short refused body leaves the connection usable")
    func keepAliveAfterRefusal() async throws {
        try await Execd.with { server async throws in
            let connection = try await server.open()
            try await connection.write(TestRequest("/exec", body: [UInt8](repeating: 32, count: 500), token: "x").bytes)
            #expect(try await connection.reply().status == 401)
            try await connection.write(exec.bytes)
            #expect(try await connection.reply().status == 200)
        }
    }

    @Test("A chunked body is as good, and a client that asks first is told to go on")
    func bodies() async throws {
        try await Execd.with { server async throws in
            let connection = try await server.open()
            let head = "POST /exec HTTP/1.1\r\nHost: x\r\nX-Sandbox-Token: \(Execd.token)\r\n"
            try await connection.write(
                Array(
                    (head + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"com\r\nd\r\nmand\":\"true\"}\r\n0\r\n\r\n").utf8)
            )
            #expect(try await connection.reply().status == 200)
            try await connection.write(Array((head + "Content-Length: 18\r\nExpect: 100-continue\r\n\r\n").utf8))
            #expect(String(decoding: try await connection.read(), as: UTF8.self).hasPrefix("HTTP/1.1 100 "))
            try await connection.write(Array(#"{"command":"true"}"#.utf8))
            #expect(try await connection.reply().status == 200)
        }
    }

    @Test("Bodies and heads over their limits are refused, and the server goes on")
    func limits() async throws {
        try await Execd.with { server async throws in
            let connection = try await server.open()
            try await connection.write(
                Array(
                    "POST /exec HTTP/1.1\r\nHost: x\r\nX-Sandbox-Token: \(Execd.token)\r\nContent-Length: 99999999999\r\n\r\n"
                        .utf8))
            let reply = try await connection.reply()
            #expect(reply.status == 413)
            #expect(reply.error["limit"] as? Int == 24 << 20)
            let bomb = try await server.open()
            // The server may have hung up before all of it is sent.
            try? await bomb.write(Array("GET / HTTP/1.1\r\nX: ".utf8) + [UInt8](repeating: 97, count: 2_000_000))
            if let answer = try? await bomb.reply() { #expect(answer.status == 400) }
            let badChunks = try await server.open()
            try await badChunks.write(
                Array(
                    "POST /exec HTTP/1.1\r\nHost: x\r\nX-Sandbox-Token: \(Execd.token)\r\n".utf8)
                    + Array("Transfer-Encoding: chunked\r\n\r\nzz\r\n".utf8))
            // Or it just hangs up.
            if let answer = try? await badChunks.reply() { #expect(answer.status == 400) }
            let garbage = try await server.open()
            try await garbage.write(Array("\u{1}\u{2}\u{3}\r\n\r\n".utf8))
            #expect(try await garbage.reply().status == 400)
            #expect(try await server.get("/health").status == 200)
        }
    }

    @Test("HTTP/1.0 gets an unchunked stream and a closed connection")
    func oldVersion() async throws {
        try await Execd.with { server async throws in
            let connection = try await server.open()
            let body = #"{"argv":["echo","hi"],"run_id":"old"}"#
            try await connection.write(
                Array(
                    "POST /v1/run HTTP/1.0\r\nX-Sandbox-Token: \(Execd.token)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                        .utf8))
            var text = ""
            while case let piece = try await connection.read(), !piece.isEmpty {
                text += String(decoding: piece, as: UTF8.self)
            }
            #expect(!text.lowercased().contains("chunked"))
            #expect(text.contains("hi\n"))
            #expect(text.contains(#""exited""#))
        }
    }

    @Test("Running out of descriptors ends nothing for good")
    func descriptors() async throws {
        try await Execd.with(launcher: ["/bin/sh", "-c", "ulimit -n 48; exec \"$@\"", "sh"]) { server async throws in
            var flood: [TestConnection] = []
            for _ in 0..<100 { flood.append(try await server.open()) }
            flood.forEach { $0.close() }
            let isBack = await eventually { try await server.get("/health").status == 200 }
            #expect(isBack)
        }
    }

    @Test("A command inherits no socket of the server's")
    func inheritance() async throws {
        try await Execd.with { server async throws in
            let other = try await server.open()
            try await other.write(Array("POST /exec HTTP/1.1\r\n".utf8))
            // ls opens the directory itself, as 3.
            let listing = try await server.run(RunBody(argv: ["ls", "/proc/self/fd"], runID: "fds"))
            #expect(listing.out == "0\n1\n2\n3\n")
        }
    }
}
