import ControlAPI
import ControlClient
import Foundation

/// One session as a test uses it: the API's calls with the session's id filled in.
struct TestSession: Sendable {
    let client: ControlClient
    let id: String

    func execute(_ command: String, timeout: Double? = nil) async throws -> SandboxExecute.Result {
        try await client.call(SandboxExecute.self, .init(sessionID: id, command: command, timeout: timeout))
    }

    func run(
        _ argv: [String], stdin: String? = nil, timeout: Double? = nil, outputLimit: Int? = nil,
        environment: [String: String]? = nil, workingDirectory: String? = nil
    ) async throws -> RunResult {
        try await client.call(
            SandboxRun.self,
            .init(
                sessionID: id, argv: argv, environment: environment, workingDirectory: workingDirectory, stdin: stdin,
                timeout: timeout, outputLimit: outputLimit))
    }

    func write(_ path: String, _ content: String) async throws {
        _ = try await client.call(SandboxWrite.self, .init(sessionID: id, path: path, content: content))
    }

    func write(_ path: String, bytes: [UInt8]) async throws -> Int {
        try await client.call(
            SandboxWrite.self, .init(sessionID: id, path: path, contentBase64: Data(bytes).base64EncodedString())
        ).size
    }

    func read(_ path: String, offset: Int? = nil, limit: Int? = nil) async throws -> String {
        try await client.call(SandboxRead.self, .init(sessionID: id, path: path, offset: offset, limit: limit)).content
    }

    func readBytes(_ path: String, offset: Int64? = nil, length: Int? = nil) async throws -> [UInt8] {
        let result = try await client.call(
            SandboxReadBytes.self, .init(sessionID: id, path: path, offset: offset, length: length))
        return Array(Data(base64Encoded: result.contentBase64) ?? Data())
    }

    func edit(_ path: String, _ old: String, _ new: String, all: Bool? = nil) async throws -> Int {
        try await client.call(
            SandboxEdit.self, .init(sessionID: id, path: path, oldString: old, newString: new, replaceAll: all)
        ).occurrences
    }

    func list(_ path: String) async throws -> [FileListingResult.Entry] {
        try await client.call(SandboxListInfo.self, .init(sessionID: id, path: path)).entries
    }

    func glob(_ pattern: String, _ path: String? = nil) async throws -> [String] {
        try await client.call(SandboxGlobInfo.self, .init(sessionID: id, pattern: pattern, path: path)).entries.map(
            \.path)
    }

    func grep(_ pattern: String, path: String? = nil, glob: String? = nil) async throws -> SandboxGrepRaw.Result {
        try await client.call(
            SandboxGrepRaw.self, .init(sessionID: id, pattern: pattern, path: path, glob: glob))
    }

    func exists(_ path: String) async throws -> Bool {
        try await client.call(SandboxExists.self, .init(sessionID: id, path: path)).exists
    }
}

extension ControlClient {
    /// Opens a session and waits until it is ready.
    func open(_ id: String, profile: String? = nil) async throws -> (session: TestSession, opened: OpenedSession) {
        let opened = try await call(SessionGetOrCreate.self, .init(sessionID: id, profile: profile))
        return (TestSession(client: self, id: id), opened)
    }
}
