import HTTPTransport
import SandboxCore
import Testing

@testable import KubernetesSandbox

/// Exec servers of other people's images, with what the specification's own example server does wrong.
@Suite struct ImageShellTests {
    private func use(
        _ script: @escaping @Sendable (ScriptedServer.Request, Int) -> ScriptedServer.Answer,
        _ body: (ImageSandbox, ImageShell, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try ScriptedServer(script)
        defer { server.stop() }
        let http = try HTTPClient()
        let shell = ImageShell(http: http, baseURL: "http://127.0.0.1:\(server.port)", token: "t")
        var failure: (any Error)?
        do {
            try await body(ImageSandbox(shell: shell, workDirectory: "/workspace"), shell, server)
        } catch {
            failure = error
        }
        await http.shutdown()
        if let failure { throw failure }
    }

    @Test func theWireIsTheSpecifications() async throws {
        try await use { _, _ in
            (200, #"{"output":"hi\n","exit_code":3,"truncated":false}"#)
        } _: { sandbox, _, server in
            let result = try await sandbox.execute("echo hi", timeout: .seconds(7))
            #expect(result == ExecuteResult(output: "hi\n", exitCode: 3))
            let request = try #require(server.requests.first)
            #expect(request.method == "POST" && request.path == "/exec")
            // An integer, above the command's own deadline, which its shell keeps.
            #expect(request.body.contains(#""timeout_seconds":17"#))
            #expect(request.body.contains("timeout -k 2 7"))
        }
    }

    @Test(arguments: [
        (200, "not JSON"), (200, #"[1]"#), (200, #"{"output":"out"}"#), (200, #"{"output":null,"exit_code":null}"#),
        (500, "Internal Server Error"), (422, "{}"), (401, #"{"detail":"Unauthorized"}"#),
    ]) func noAnswerOfAServerIsTakenForSuccess(status: Int, body: String) async throws {
        try await use { _, _ in
            (status, body)
        } _: { sandbox, _, _ in
            let result = try await sandbox.execute("true", timeout: .seconds(1))
            #expect(result.exitCode == 1)
        }
    }

    @Test func aTokenThatIsRefusedIsNoReasonToTryAgain() async throws {
        try await use { _, _ in
            (401, "{}")
        } _: { _, shell, _ in
            let error = await #expect(throws: SandboxError.self) { try await shell.send("true", timeout: .seconds(1)) }
            #expect(error?.kind == .conflict)
        }
    }

    @Test func healthIsAskedWithoutAToken() async throws {
        try await use { _, count in
            count == 0 ? (503, "") : (200, #"{"ready":true}"#)
        } _: { _, shell, server in
            let error = await #expect(throws: SandboxError.self) { try await shell.health(timeout: .seconds(5)) }
            #expect(error?.kind == .backendUnavailable)
            try await shell.health(timeout: .seconds(5))
            #expect(server.requests.map(\.path) == ["/health", "/health"])
        }
    }

    @Test func anAnswerThatIsLostIsAnUnknownOutcomeAndTheCommandIsEnded() async throws {
        try await use { _, count in
            count == 0 ? nil : (200, #"{"output":"","exit_code":0}"#)
        } _: { sandbox, _, server in
            let result = try await sandbox.execute("make install", timeout: .seconds(1))
            #expect(result.exitCode == 1 && result.output.hasPrefix("Error: "))
            #expect(server.requests.last?.body.contains("kill -TERM") == true)
        }
    }
}
