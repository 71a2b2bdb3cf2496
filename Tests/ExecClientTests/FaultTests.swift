import ExecAPI
import Foundation
import HTTPTransport
import SandboxCore
import Testing

@testable import ExecClient

/// What a caller is told when the exec server, its host or the way to it fails.
@Suite(.timeLimit(.minutes(1))) struct FaultTests {
    private static let request = RunRequest(argv: ["true"], runID: "r1")

    private static func with<Value>(
        silenceLimit: Duration = .seconds(20),
        _ answer: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Answer,
        _ body: (ScriptedServer, ExecSandbox) async throws -> Value
    ) async throws -> Value {
        let server = try ScriptedServer { request in
            request.path == "/v1/stop" ? .status("200 OK", "{}") : answer(request)
        }
        defer { server.stop() }
        let http = try HTTPClient()
        let connection = ExecConnection(http: http, unixSocket: server.path, token: "secret")
        let sandbox = ExecSandbox(connection: connection, workDirectory: "/workspace", silenceLimit: silenceLimit)
        let value: Value
        do {
            value = try await body(server, sandbox)
        } catch {
            await http.shutdown()
            throw error
        }
        await http.shutdown()
        return value
    }

    private static func outcome(_ kind: RunOutcomeBody.Kind, code: Int?, stdout: Int = 0) throws -> [UInt8] {
        let body = RunOutcomeBody(kind: kind, code: code, stdoutBytes: stdout, stderrBytes: 0, duration: 0)
        return RunFrame.outcome(Array(try JSONEncoder().encode(body))).encoded
    }

    private static func runError(_ sandbox: ExecSandbox) async throws -> SandboxError {
        try await #require(throws: SandboxError.self) { try await sandbox.run(request) { _ in } }
    }

    @Test func `a connection cut before the outcome is an unknown outcome and the run is stopped`() async throws {
        let frames = RunFrame.stdout(offset: 0, bytes: Array("half".utf8)).encoded
        try await Self.with { _ in
            .stream(frames)
        } _: { server, sandbox in
            let error = try await Self.runError(sandbox)
            #expect(error.kind == .outcomeUnknown)
            #expect(server.requests.map(\.path) == ["/v1/run", "/v1/stop"])
            #expect(server.requests.last.map { String(decoding: $0.body, as: UTF8.self) } == #"{"run_id":"r1"}"#)
            let result = try await sandbox.execute("true", timeout: .seconds(1))
            #expect(result.exitCode == 1)
            #expect(result.output.hasPrefix("Error: "))
        }
    }

    @Test func `a stream that ends properly but without an outcome is an unknown outcome`() async throws {
        try await Self.with { _ in
            .stream([], ends: true)
        } _: { _, sandbox in
            let error = try await Self.runError(sandbox)
            #expect(error.kind == .outcomeUnknown)
        }
    }

    @Test func `no answer at all is an unknown outcome`() async throws {
        try await Self.with { _ in
            .init(bytes: nil)
        } _: { _, sandbox in
            let error = try await Self.runError(sandbox)
            #expect(error.kind == .outcomeUnknown)
            let edit = await #expect(throws: SandboxError.self) {
                try await sandbox.edit(SandboxPath("a"), replacing: [1], with: [2], replacesAll: false)
            }
            #expect(edit?.kind == .outcomeUnknown)
            let read = await #expect(throws: SandboxError.self) { try await sandbox.list(SandboxPath("a")) }
            #expect(read?.kind == .backendUnavailable)
        }
    }

    @Test func `nobody at the socket means that nothing ran`() async throws {
        try await Self.with { _ in
            .init(bytes: nil)
        } _: { server, sandbox in
            server.stop()
            let error = try await Self.runError(sandbox)
            #expect(error.kind == .backendUnavailable)
            let execute = await #expect(throws: SandboxError.self) {
                try await sandbox.execute("true", timeout: .seconds(1))
            }
            #expect(execute?.kind == .backendUnavailable)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `an outcome counts although the connection breaks behind it`() async throws {
        let frames = try Self.outcome(.exited, code: 5)
        try await Self.with { _ in
            .stream(frames)
        } _: { server, sandbox in
            let end = try await sandbox.run(Self.request) { _ in }
            #expect(end.outcome == .exited(code: 5))
            #expect(server.requests.count == 1)
        }
    }

    @Test func `silence is an unknown outcome`() async throws {
        let frames = RunFrame.keepAlive.encoded
        try await Self.with(silenceLimit: .milliseconds(200)) { _ in
            .stream(frames, closes: false)
        } _: {
            server, sandbox in
            let error = try await Self.runError(sandbox)
            #expect(error.kind == .outcomeUnknown)
            #expect(server.requests.last?.path == "/v1/stop")
        }
    }

    @Test func `an exec server that is stopped holds a run for little more than the run's own time`() async throws {
        // As after SIGSTOP: the kernel takes the request, and nobody answers. The silence limit is far away.
        try await Self.with(silenceLimit: .seconds(1000)) { _ in
            .stream(RunFrame.keepAlive.encoded, closes: false)
        } _: { _, sandbox in
            var request = Self.request
            request.timeout = .milliseconds(100)
            let error = await #expect(throws: SandboxError.self) {
                try await sandbox.run(request) { (_) throws(SandboxError) in }
            }
            #expect(error?.kind == .outcomeUnknown)
        }
    }

    @Test func `a cancelled call closes its connection and stops the run`() async throws {
        try await Self.with { _ in
            .stream(RunFrame.keepAlive.encoded, closes: false)
        } _: { server, sandbox in
            let error = try await withThrowingTaskGroup(of: SandboxError.self) { group in
                group.addTask { try await Self.runError(sandbox) }
                for await request in server.arrivals where request.path == "/v1/run" { break }
                group.cancelAll()
                return try await group.next() ?? .cancelled
            }
            #expect(error.kind == .cancelled)
            #expect(server.requests.contains { $0.path == "/v1/stop" })
        }
    }

    @Test func `what the receiver throws ends the run and is thrown`() async throws {
        let frames = RunFrame.stdout(offset: 0, bytes: [1]).encoded
        try await Self.with { _ in
            .stream(frames, closes: false)
        } _: { server, sandbox in
            let error = await #expect(throws: SandboxError.self) {
                try await sandbox.run(Self.request) { (_) throws(SandboxError) in throw .invalid("enough") }
            }
            #expect(error == .invalid("enough"))
            #expect(server.requests.last?.path == "/v1/stop")
        }
    }

    @Test(arguments: [
        ("401 Unauthorized", #"{"error":{"kind":"unauthorized","message":"m"}}"#, SandboxError.Kind.backendUnavailable),
        ("409 Conflict", #"{"error":{"kind":"conflict","message":"m"}}"#, .conflict),
        ("400 Bad Request", #"{"error":{"kind":"invalid","message":"m"}}"#, .invalid),
        ("413 Too Large", #"{"error":{"kind":"too_large","message":"m","limit":7}}"#, .tooLarge(limit: 7)),
        (
            "503 Unavailable", #"{"error":{"kind":"overloaded","message":"m","retry_after":2.5}}"#,
            .overloaded(retryAfter: 2.5)
        ),
        ("500 Internal", #"{"error":{"kind":"internal","message":"m"}}"#, .outcomeUnknown),
        ("599 New", #"{"error":{"kind":"new_kind","message":"m"}}"#, .outcomeUnknown),
        ("404 Not Found", #"{"error":{"kind":"file_error","reason":"not_found","message":"m"}}"#, .file(.notFound)),
        ("400 Bad Request", #"{"error":{"kind":"file_error","reason":"new","message":"m"}}"#, .file(.invalid)),
        ("502 Bad Gateway", "<html>", .outcomeUnknown),
        ("403 Forbidden", "<html>", .backendUnavailable),
        ("302 Found", "", .backendUnavailable),
    ])
    func `every refusal has its kind`(_ status: String, _ body: String, _ kind: SandboxError.Kind) async throws {
        try await Self.with { _ in
            .status(status, body)
        } _: { server, sandbox in
            let error = try await Self.runError(sandbox)
            #expect(error.kind == kind)
            #expect(server.requests.map(\.path) == ["/v1/run"])
        }
    }

    @Test func `an endless refusal is cut`() async throws {
        let body = String(repeating: "x", count: 1 << 20)
        try await Self.with { _ in
            .status("500 Internal", body)
        } _: { _, sandbox in
            let error = try await Self.runError(sandbox)
            #expect(error.kind == .outcomeUnknown)
            #expect(error.message.utf8.count < 1000)
        }
    }

    @Test func `somebody else's answer is not taken for execd's`() async throws {
        try await Self.with { _ in
            .status("200 OK", #"{"hello":1}"#)
        } _: { _, sandbox in
            let error = await #expect(throws: SandboxError.self) { try await sandbox.connection.info() }
            #expect(error?.kind == .backendUnavailable)
        }
    }

    @Test func `the token goes with every request but health`() async throws {
        try await Self.with { _ in
            .status("200 OK", #"{"ready":true}"#)
        } _: { server, sandbox in
            let isReady = try await sandbox.connection.health()
            #expect(isReady)
            _ = try? await sandbox.connection.info()
            #expect(server.requests.map { $0.head.contains("X-Sandbox-Token: secret") } == [false, true])
        }
    }
}
