import ControlClient
import Foundation
import Testing

/// A `podkeeperd` process that serves its socket.
final class RunningDaemon: Sendable {
    struct EndedEarly: Error, CustomStringConvertible {
        let status: Int32
        let log: String

        var description: String { "podkeeperd ended with \(status):\n\(log)" }
    }

    private let process: Process
    private let log: DaemonLog
    let socket: String

    private init(process: Process, log: DaemonLog, socket: String) {
        self.process = process
        self.log = log
        self.socket = socket
    }

    /// Starts a daemon and waits for the line that says it serves; throws `EndedEarly` when it ends before.
    static func start(_ program: String, _ arguments: [String], socket: String) async throws -> RunningDaemon {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardError = pipe
        let log = DaemonLog()
        try process.run()
        log.follow(pipe)
        guard await log.waitFor("serving on \(socket)") else {
            await process.ended()
            throw EndedEarly(status: process.terminationStatus, log: log.text)
        }
        return RunningDaemon(process: process, log: log, socket: socket)
    }

    var pid: Int32 { process.processIdentifier }
    var logText: String { log.text }

    /// Waits for it; false when the log ends without.
    func hasLogged(_ text: String) async -> Bool { await log.waitFor(text) }

    func client<R>(_ body: (ControlClient) async throws -> R) async throws -> R {
        let client = try await ControlClient.connect(path: socket)
        let result: Result<R, any Error>
        do {
            result = .success(try await body(client))
        } catch {
            result = .failure(error)
        }
        await client.close()
        return try result.get()
    }

    /// SIGTERM, and the orderly end that follows it.
    func stop() async throws {
        process.terminate()
        await waitForEnd()
    }

    /// It ends by itself, in good order.
    func waitForEnd() async {
        await process.endedOrCancelled()
        #expect(process.terminationStatus == 0, "podkeeperd ended with \(process.terminationStatus):\n\(log.text)")
    }

    /// SIGKILL: what a crash leaves behind. Nothing happens to one that has ended.
    func kill() async {
        sendKill()
        await process.ended()
    }

    /// The first half of `kill`, for those who cannot wait.
    func sendKill() {
        guard process.isRunning else { return }
        Foundation.kill(pid, SIGKILL)
    }
}
