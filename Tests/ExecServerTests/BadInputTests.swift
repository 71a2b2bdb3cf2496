import ExecAPI
import Foundation
import Testing

/// What no proper client sends: a typed error or a closed connection, with the rest unharmed and memory bounded.
@Suite("Bad input", .timeLimit(.minutes(3))) struct BadInputTests {
    private func expect(
        _ server: Execd, _ route: String, _ body: String, _ status: Int, _ kind: String = "invalid",
        location: SourceLocation = #_sourceLocation
    ) async throws {
        let reply = try await server.send(route, body)
        #expect(reply.status == status, "\(route) \(body): \(reply.text)", sourceLocation: location)
        #expect(reply.error["kind"] as? String == kind, "\(route) \(body)", sourceLocation: location)
        #expect((reply.error["message"] as? String)?.isEmpty == false, sourceLocation: location)
    }

    @Test("in commands is refused before anything runs")
    func commands() async throws {
        try await Execd.with { server async throws in
            for route in ["/v1/run", "/v1/start"] {
                for body in [
                    #"{"argv":[],"run_id":"r"}"#, #"{"argv":[""],"run_id":"r"}"#,
                    #"{"argv":["a\u0000b"],"run_id":"r"}"#,
                    #"{"argv":["true"],"run_id":"r","env":{"A":"\u0000"}}"#,
                    #"{"argv":["true"],"run_id":"r","env":{"A=B":"x"}}"#,
                    #"{"argv":["true"],"run_id":"r","cwd_b64":"YQBi"}"#, #"{"argv":["true"],"run_id":""}"#,
                    #"{"argv":["true"],"run_id":"a\nb"}"#, #"{"argv":["true"],"run_id":"r","output_limit":0}"#,
                    #"{"argv":["true"],"run_id":"r","timeout":0}"#, #"{"argv":["true"],"run_id":"r","timeout":-1}"#,
                    #"{"argv":["true"],"run_id":"r","timeout":NaN}"#, #"{"argv":["true"],"run_id":"r","timeout":"1"}"#,
                    #"{"argv":["true"],"run_id":"r","timeout":1e999}"#,
                    #"{"argv":["true"],"run_id":"r","pty":{"cols":0,"rows":24}}"#,
                ] { try await expect(server, route, body, 400) }
            }
            for body in [
                #"{"command":"a\u0000b"}"#, #"{"command":"true","timeout_seconds":-1}"#,
                #"{"command":"true","timeout_seconds":NaN}"#, #"{"command":7}"#,
            ] { try await expect(server, "/exec", body, 400) }
            // Longer than anything is kept running, and no overflow.
            #expect(try await server.send("/exec", #"{"command":"true","timeout_seconds":1e9}"#).status == 200)
            for timeout in ["1e9", "1e300"] {
                let reply = try await server.send(
                    "/v1/run", #"{"argv":["true"],"run_id":"\#(timeout)","timeout":\#(timeout)}"#)
                #expect(try RunAnswer(reply).outcome?.code == 0)
            }
            #expect(try await server.get("/v1/runs").text.contains(#""runs":[]"#))
        }
    }

    @Test("in paths is refused with the reason, by every route")
    func paths() async throws {
        try await Execd.with { server async throws in
            mkfifo(server.directory + "/fifo", 0o600)
            func body(_ path: String) -> String {
                let path = Data(path.utf8).base64EncodedString()
                return #"{"path_b64":"\#(path)","offset":0,"limit":1,"length":1,"format":"file","old_b64":"YQ==","#
                    + #""new_b64":"YQ==","replace_all":false,"follow":true,"mode":0,"recursive":false,"parents":false,"#
                    + #""target_b64":"\#(path)","replace":true}"#
            }
            let files = ["/v1/read_lines", "/v1/read_bytes", "/v1/edit", "/v1/download", "/v1/upload"]
            let others = [
                "/v1/ls", "/v1/exists", "/v1/stat", "/v1/mkdir", "/v1/remove", "/v1/move", "/v1/chmod", "/v1/realpath",
            ]
            for route in files + others {
                for path in ["", "a\0b", String(repeating: "x", count: 5000)] {
                    try await expect(server, route, body(path), 400)
                }
            }
            for route in files {
                try await expect(server, route, body("."), 409, "file_error")
                for path in ["fifo", "/dev/zero"] { try await expect(server, route, body(path), 400, "file_error") }
            }
            for (path, status) in [("", 400), ("a\0b", 400), (".", 409), ("fifo", 400), ("/dev/null", 400)] {
                #expect(try await server.write(path, [1]).status == status, "\(path)")
            }
            for route in ["/read", "/write", "/edit", "/ls", "/exists"] {
                let body = #"{"path":"a\u0000b","content_b64":"","old_string":"a","new_string":"b"}"#
                try await expect(server, route, body, 400)
            }
        }
    }

    @Test("may be a token of any byte, a huge head, or a body that ends early")
    func heads() async throws {
        try await Execd.with { server async throws in
            let head = Array("GET /v1/info HTTP/1.1\r\nHost: x\r\nX-Sandbox-Token: ".utf8)
            for byte in UInt8.min...UInt8.max {
                let connection = try await server.open()
                try await connection.write(head + [byte, 0x78] + Array("\r\n\r\n".utf8))
                // CR, LF and NUL make another request of it, or none (RFC 9112 §2.2).
                let status = try await connection.reply().status
                #expect([401, 400].contains(status), "\(byte)")
                if byte >= 0x20, byte != 0x7F { #expect(status == 401, "\(byte)") }
            }
            _ = try await server.run(.shell("true"))
            let before = try server.status("VmHWM")
            for _ in 0..<20 {
                let connection = try await server.open()
                // It may hang up before all of it is sent.
                try? await connection.write(
                    Array("GET /health HTTP/1.1\r\nX: ".utf8) + [UInt8](repeating: 0x61, count: 1 << 20)
                        + Array("\r\n\r\n".utf8))
                if let answer = try? await connection.reply() { #expect(answer.status == 400) }
            }
            for route in ["/v1/run", "/v1/start", "/exec", "/v1/write", "/v1/upload/chunk"] {
                let connection = try await server.open()
                let bytes =
                    "POST \(route) HTTP/1.1\r\nHost: x\r\nX-Sandbox-Token: \(Execd.token)\r\n"
                    + "X-Path-B64: Zg==\r\nContent-Length: 1000\r\n\r\n"
                try await connection.write(
                    Array((bytes + #"{"argv":["touch","ran"],"command":"touch ran","run_id":"r"}"#).utf8))
                connection.close()
            }
            // What was written of a file goes away with its connection, in the server's own time.
            #expect(await eventually { try await server.run(.shell("ls -A")).out == "" })
            #expect(try server.status("VmHWM") - before < 20_000)
        }
    }

    @Test("may be ten thousand connections that say nothing")
    func silence() async throws {
        var limits = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        limits.rlim_cur = limits.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        let count = min(10_000, Int(clamping: limits.rlim_max) - 500)
        try await Execd.with(launcher: ["/bin/sh", "-c", "ulimit -n 256; exec \"$@\"", "sh"]) { server async throws in
            let line = "echo up; until [ -e go ]; do sleep 0.01; done; echo got"
            let run = try await server.start(.shell(line, id: "long"), until: "up")
            let before = try server.status("VmHWM")
            let silent = try await blocking { [port = server.port] in
                try (0..<count).map { _ in try TestConnection(port: port) }
            }
            // They are still there, as far as they are concerned; who has something to say is heard.
            #expect(try await server.get("/health").status == 200)
            #expect(try await server.run(.shell("echo heard")).out == "heard\n")
            #expect(try server.status("VmHWM") - before < 20_000)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.pid)/fd").count < 256)
            #expect(try await server.write("go", []).status == 200)
            silent.forEach { $0.close() }
            var rest = run.bytes
            while !String(decoding: rest, as: UTF8.self).contains("got"),
                case let piece = try await run.connection.read(),
                !piece.isEmpty
            { rest += piece }
            #expect(String(decoding: rest, as: UTF8.self).contains("got"))
        }
    }

    @Test("may be a client that asks a thousand times and never reads")
    func deafness() async throws {
        try await Execd.with { server async throws in
            #expect(try await server.write("big", [UInt8](repeating: 0x61, count: 8 << 20)).status == 200)
            _ = try await server.run(.shell("true"))
            let before = try server.status("VmHWM")
            let body = Array(
                #"{"path_b64":"\#(Data("big".utf8).base64EncodedString())","offset":0,"length":8388608}"#.utf8)
            let ask = TestRequest("/v1/read_bytes", body: body, token: Execd.token).bytes
            let deaf = try await server.open()
            try await deaf.write([UInt8]((0..<1000).map { _ in ask }.joined()))
            for _ in 0..<20 { #expect(try await server.send("/exec", #"{"command":"true"}"#).status == 200) }
            // One answer at a time is in memory, in as many copies as its way has stations.
            #expect(try server.status("VmHWM") - before < 60_000)
            deaf.close()
        }
    }
}
