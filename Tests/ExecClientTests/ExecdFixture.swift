import Foundation
import HTTPTransport
import SandboxCore
import Testing

@testable import ExecClient

/// A real podkeeper-execd on a Unix socket, in a work directory of its own.
enum ExecdFixture {
    static func with(
        token: String = "secret", _ body: (ExecSandbox, Process) async throws -> Void
    ) async throws {
        let directory = "/tmp/pk-execd-\(UInt32.random(in: 0 ... .max))"
        let work = "\(directory)/work"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(TestExecd.path))
        process.arguments = ["serve", "--socket", "\(directory)/s"]
        process.environment = ["SANDBOX_EXEC_TOKEN": "secret", "PATH": "/usr/bin:/bin", "HOME": work]
        process.currentDirectoryURL = URL(fileURLWithPath: work)
        process.standardError = FileHandle.nullDevice
        try process.run()
        let http = try HTTPClient()
        let connection = ExecConnection(http: http, unixSocket: "\(directory)/s", token: token)
        let result: Result<Void, any Error>
        do {
            while (try? await connection.health()) != true {
                try #require(process.isRunning)
                try await Task.sleep(for: .milliseconds(5))
            }
            result = .success(try await body(ExecSandbox(connection: connection, workDirectory: work), process))
        } catch {
            result = .failure(error)
        }
        process.terminate()
        process.waitUntilExit()
        await http.shutdown()
        try result.get()
    }
}
