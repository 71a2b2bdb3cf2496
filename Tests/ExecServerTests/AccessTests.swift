import ExecAPI
import Foundation
import Testing

@Suite("Access") struct AccessTests {
    @Test("Health needs no token, everything else does, whatever its bytes are")
    func tokens() async throws {
        try await Execd.with { server async throws in
            #expect(try await server.get("/health", token: nil).text == #"{"ready":true}"#)
            for token in [nil, "", "wrong", "s3cret-e", "é", Execd.token + " x", String(repeating: "x", count: 9000)] {
                let reply = try await server.send("/exec", #"{"command":"true"}"#, token: token)
                #expect(reply.status == 401)
                #expect(reply.error["kind"] as? String == "unauthorized")
            }
            #expect(try await server.send("/exec", #"{"command":"true"}"#).status == 200)
        }
    }

    @Test("A token of bytes that are no UTF-8 is 401 and no 500")
    func rawToken() async throws {
        try await Execd.with { server async throws in
            let connection = try await server.open()
            try await connection.write(
                Array("GET /v1/info HTTP/1.1\r\nHost: x\r\nX-Sandbox-Token: ".utf8) + [0xFF, 0x80, 0xC3]
                    + Array("\r\n\r\n".utf8))
            #expect(try await connection.reply().status == 401)
        }
    }

    @Test("The hash of the token does as well as the token")
    func hashedToken() async throws {
        // printf abc | sha256sum
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let server = try await blocking { try Execd(environment: ["SANDBOX_EXEC_TOKEN_SHA256": hash]) }
        #expect(try await server.get("/v1/info", token: "abc").status == 200)
        #expect(try await server.get("/v1/info", token: hash).status == 401)
        #expect(try await server.stop() == 0)
    }

    @Test("Without a token, or with a broken hash, nothing starts")
    func noToken() async throws {
        for environment in [[:], ["SANDBOX_EXEC_TOKEN": ""], ["SANDBOX_EXEC_TOKEN_SHA256": "abc"]] {
            let exit = try await Execd.run(["serve", "--port", "0"], environment: environment)
            #expect(exit.code == 1)
            #expect(exit.output.contains("SANDBOX_EXEC_TOKEN"))
        }
    }

    @Test("Neither commands nor the process table show the secrets")
    func secrets() async throws {
        try await Execd.with { server async throws in
            let answer = try await server.run(
                .shell("env; tr '\\0' '\\n' </proc/$PPID/environ; cat /proc/$PPID/cmdline"))
            #expect(answer.outcome?.kind == .exited)
            #expect(answer.out.contains("PATH="))
            #expect(!answer.out.contains("SANDBOX_EXEC"))
            #expect(!answer.out.contains("s3cret"))
            #expect(try await server.run(.shell("cat /proc/self/status")).out.contains("CoreDumping"))
        }
    }

    @Test("Unknown routes and methods say so, after the token")
    func routes() async throws {
        try await Execd.with { server async throws in
            #expect(try await server.send("/nope", "{}", token: "x").status == 401)
            let unknown = try await server.send("/nope", "{}")
            #expect(unknown.status == 404)
            #expect(unknown.error["kind"] as? String == "no_route")
            #expect(try await server.get("/exec").status == 405)
            let broken = try await server.send("/exec", "{")
            #expect(broken.status == 400)
            #expect(broken.error["kind"] as? String == "invalid")
            let missing = try await server.send("/exec", "{}")
            #expect((missing.error["message"] as? String)?.contains("'command' is missing") == true)
        }
    }
}
