import ControlClient
import Foundation
import Synchronization
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
        // A thread of its own, which ends with the daemon's standard error.
        Thread {
            var data: Data
            repeat {
                data = pipe.fileHandleForReading.availableData
                log.add(data)
            } while !data.isEmpty
        }.start()
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

/// A daemon's log as it comes, and whoever waits for something in it.
final class DaemonLog: Sendable {
    private struct State {
        var text = ""
        var ended = false
        var waiters: [(needle: String, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    private let state = Mutex(State())

    var text: String { state.withLock { $0.text } }

    /// Empty data is the end.
    func add(_ data: Data) {
        let resumed = state.withLock { state in
            state.text += String(decoding: data, as: UTF8.self)
            state.ended = state.ended || data.isEmpty
            let done = state.waiters.filter { state.ended || state.text.contains($0.needle) }
            state.waiters.removeAll { state.ended || state.text.contains($0.needle) }
            return done.map { ($0.continuation, state.text.contains($0.needle)) }
        }
        for (continuation, found) in resumed { continuation.resume(returning: found) }
    }

    /// False when the log ends without it.
    func waitFor(_ needle: String) async -> Bool {
        await withCheckedContinuation { continuation in
            let now: Bool? = state.withLock { state in
                if state.text.contains(needle) { return true }
                if state.ended { return false }
                state.waiters.append((needle, continuation))
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
    }
}
