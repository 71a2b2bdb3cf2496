import CLI
import ControlAPI
import ControlServer
import Foundation
import JSONRPC
import Logging
import Synchronization

/// What a command left behind.
struct Outcome: Sendable {
    var code: Int32
    var output: [UInt8]
    var errors: [UInt8]

    var outputText: String { String(decoding: output, as: UTF8.self) }
    var errorText: String { String(decoding: errors, as: UTF8.self) }
}

/// Collects what is written.
private final class Screen: Sendable {
    let output = Mutex([UInt8]())
    let errors = Mutex([UInt8]())

    func outcome(_ code: Int32) -> Outcome {
        Outcome(code: code, output: output.withLock { $0 }, errors: errors.withLock { $0 })
    }
}

/// What a command has written so far, for a test that waits for something in it.
final class Transcript: Sendable {
    private let pieces = AsyncStream.makeStream(of: Outcome.self, bufferingPolicy: .bufferingNewest(1))

    private let last = Mutex<Outcome?>(nil)

    func add(_ outcome: Outcome) {
        last.withLock { $0 = outcome }
        pieces.continuation.yield(outcome)
    }

    /// For one task at a time.
    func until(_ condition: @Sendable (Outcome) -> Bool) async {
        if let outcome = last.withLock({ $0 }), condition(outcome) { return }
        for await outcome in pieces.stream where condition(outcome) { return }
    }
}

/// Every test's clock stands at this moment.
let now = Date(timeIntervalSince1970: 1_800_000_000)

/// Runs the command line in this process. `keys`: what the keyboard gives, instead of `input`. `outputEnds` returns when
/// nobody reads any more; `files` are those that there are.
func podkeeper(
    _ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:], uid: UInt32 = 1000,
    files: Set<String> = [], console: Console = .none, keys: (@Sendable () async -> [UInt8]?)? = nil,
    outputEnds: (@Sendable () async -> Void)? = nil, onWrite: (@Sendable (Outcome) -> Void)? = nil
) async -> Outcome {
    await podkeeper(
        arguments, input: input, environment: environment, uid: uid, files: files, console: console, keys: keys,
        outputEnds: outputEnds, onWrite: onWrite)
}

func podkeeper(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], uid: UInt32 = 1000,
    files: Set<String> = [], console: Console = .none, keys: (@Sendable () async -> [UInt8]?)? = nil,
    outputEnds: (@Sendable () async -> Void)? = nil, onWrite: (@Sendable (Outcome) -> Void)? = nil
) async -> Outcome {
    let screen = Screen()
    let rest = Mutex(input[...])
    let terminal = Terminal(
        environment: environment, uid: uid, exists: { files.contains($0) }, now: { now },
        writeOutput: { bytes in
            screen.output.withLock { $0 += bytes }
            onWrite?(screen.outcome(0))
        },
        writeError: { bytes in
            screen.errors.withLock { $0 += bytes }
            onWrite?(screen.outcome(0))
        },
        outputEnds: outputEnds ?? { while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) } },
        readInput: { $0 < input.count ? nil : input },
        nextInput: {
            if let keys { return await keys() }
            return rest.withLock { rest in
                let piece = Array(rest.prefix(65_536))
                rest = rest.dropFirst(piece.count)
                return piece.isEmpty ? nil : piece
            }
        }, console: console)
    let code = await CommandLineTool.run(arguments, terminal: terminal)
    return screen.outcome(code)
}

/// A directory with room for a socket, for as long as `body` takes.
func withSocketPath(_ body: (String) async throws -> Void) async throws {
    let directory = "/tmp/podkeeper-test-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await body(directory + "/s.sock")
}

/// Serves a scripted router on a real socket for as long as `body` takes.
func withDaemon(
    _ script: (inout RPCRouter<ControlCall>) -> Void, _ body: @Sendable (String) async throws -> Void
) async throws {
    try await withSocketPath { path in
        try await serve(path, script) { try await body(path) }
    }
}

/// Serves on that path: one daemon of several that follow each other.
func serve(
    _ path: String, _ script: (inout RPCRouter<ControlCall>) -> Void, _ body: @Sendable () async throws -> Void
) async throws {
    var router = RPCRouter<ControlCall>()
    script(&router)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = ControlServer(
        configuration: ControlServerConfiguration(socketPath: path), router: router, logger: logger)
    try server.listen()
    async let running: Void = server.run()
    do {
        try await body()
    } catch {
        server.stop()
        try await running
        throw error
    }
    server.stop()
    try await running
}

/// A session as the daemon would show it.
func session(
    _ id: String, state: Session.State = .ready, age: Double = 312, idle: Double = 12.5, leases: Int = 0,
    labels: [String: String] = [:], node: String? = "n1", message: String? = nil
) -> Session {
    let created = Timestamp(now.addingTimeInterval(-age))
    return Session(
        sessionID: id, state: state, profile: "default", backend: "kubernetes", generation: 1,
        sandbox: Session.Sandbox(
            name: "sandbox-\(id)-1f3a9c2b-1", uid: "u-1", namespace: "agents", node: node, ip: "10.1.2.3",
            image: "python:3.12-slim", mode: "http"),
        workDirectory: "/workspace", owner: Session.Owner(uid: 1000, gid: 1000, user: "agents"), labels: labels,
        createdAt: created, readyAt: created, lastActivityAt: created, lastActivity: "sandbox.execute",
        idleSeconds: idle, idleTimeout: 3600, maxLifetime: nil, reapAt: nil, leases: leases, message: message)
}
