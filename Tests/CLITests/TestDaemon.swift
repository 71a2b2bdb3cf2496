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
}

/// Every test's clock stands at this moment.
let now = Date(timeIntervalSince1970: 1_800_000_000)

/// Runs the command line in this process. `keys`: what the keyboard gives, instead of `input`.
func podkeeper(
    _ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:], uid: UInt32 = 1000,
    console: Console = .none, keys: (@Sendable () async -> [UInt8]?)? = nil
) async -> Outcome {
    let screen = Screen()
    let rest = Mutex(input[...])
    let terminal = Terminal(
        environment: environment, uid: uid, now: { now },
        writeOutput: { bytes in screen.output.withLock { $0 += bytes } },
        writeError: { bytes in screen.errors.withLock { $0 += bytes } },
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
    return Outcome(code: code, output: screen.output.withLock { $0 }, errors: screen.errors.withLock { $0 })
}

/// Serves a scripted router on a real socket for as long as `body` takes.
func withDaemon(
    _ script: (inout RPCRouter<ControlCall>) -> Void, _ body: @Sendable (String) async throws -> Void
) async throws {
    let directory = "/tmp/podkeeper-test-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var router = RPCRouter<ControlCall>()
    script(&router)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let path = directory + "/s.sock"
    let server = ControlServer(
        configuration: ControlServerConfiguration(socketPath: path), router: router, logger: logger)
    try server.listen()
    async let running: Void = server.run()
    do {
        try await body(path)
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
