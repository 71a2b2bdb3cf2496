import Foundation
import Synchronization
import Testing

@testable import ProcessSupervisor

/// What a supervised process wrote, stream by stream.
final class Collected: Sendable {
    struct Streams {
        var stdout: [UInt8] = []
        var stderr: [UInt8] = []
        var hasStarted = false
    }

    private let streams = Mutex(Streams())
    private let lines = AsyncStream.makeStream(of: String.self)

    var stdout: [UInt8] { streams.withLock { $0.stdout } }
    var stderr: [UInt8] { streams.withLock { $0.stderr } }
    var out: String { String(decoding: stdout, as: UTF8.self) }
    var err: String { String(decoding: stderr, as: UTF8.self) }
    var hasStarted: Bool { streams.withLock { $0.hasStarted } }

    func start() {
        streams.withLock { $0.hasStarted = true }
    }

    func add(_ stream: ProcessStream, _ offset: Int, _ bytes: [UInt8]) {
        streams.withLock { streams in
            switch stream {
            case .stdout:
                #expect(offset == streams.stdout.count)
                streams.stdout += bytes
            case .stderr:
                #expect(offset == streams.stderr.count)
                streams.stderr += bytes
            }
        }
        lines.continuation.yield(String(decoding: bytes, as: UTF8.self))
    }

    /// Waits for the first output.
    func firstOutput() async -> String {
        for await text in lines.stream { return text }
        return ""
    }
}

/// A supervisor with its own thread, and short ways to use it.
struct Fixture {
    let supervisor: ProcessSupervisor

    static func with<Result>(_ body: (Fixture) async throws -> Result) async throws -> Result {
        let fixture = Fixture(supervisor: try ProcessSupervisor())
        defer { fixture.supervisor.shutdown() }
        return try await body(fixture)
    }

    func run(
        _ command: ProcessCommand, _ collected: Collected = Collected(), control: RunControl = RunControl()
    ) async throws -> (end: ProcessEnd, output: Collected) {
        let end = try await supervisor.run(command, control: control) {
            collected.start()
        } onOutput: { stream, offset, bytes in
            collected.add(stream, offset, bytes)
        }
        return (end, collected)
    }

    func outcome(
        _ command: ProcessCommand, _ collected: Collected = Collected(), control: RunControl = RunControl()
    ) async throws -> ProcessOutcome {
        try await run(command, collected, control: control).end.outcome
    }

    func output(_ command: ProcessCommand) async throws -> Collected {
        try await run(command).output
    }

    func shell(_ line: String) async throws -> (end: ProcessEnd, output: Collected) {
        try await run(.shell(line))
    }
}

extension ProcessCommand {
    static func shell(_ line: String) -> Self { Self.test(["sh", "-c", line]) }

    static func test(_ argv: [String]) -> Self {
        ProcessCommand(
            argv: argv, environment: [Array("PATH=/usr/bin:/bin".utf8), Array("LC_ALL=C".utf8)],
            workingDirectory: Array("/tmp".utf8), timeout: .seconds(60), outputLimit: 1 << 30, grace: .seconds(30))
    }
}

/// Waits until the process is no more (a zombie is no more).
func waitUntilGone(_ pid: Int32) async -> Bool {
    for _ in 0..<2000 {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
        let state = stat.split(separator: ")").last?.dropFirst().first
        if state == "Z" || state == "X" { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return false
}

func temporaryDirectory() throws -> String {
    let path = NSTemporaryDirectory() + "podkeeper-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}
