import ControlServer
import Foundation
import Logging
import Synchronization
import Testing

/// A directory for one test's socket, removed afterwards.
struct SocketDirectory: ~Copyable {
    let path: String

    init() throws {
        path = "/tmp/podkeeper-test-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    var socket: String { path + "/s.sock" }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Runs a server for as long as `body` takes, then stops it and waits until it has ended.
func withServer(
    limits: ControlServerLimits = ControlServerLimits(), handlers: TestHandlers = TestHandlers(),
    log: TestLog = TestLog(),
    _ body: @Sendable (String, ControlServer) async throws -> Void
) async throws {
    let directory = try SocketDirectory()
    var configuration = ControlServerConfiguration(socketPath: directory.socket)
    configuration.limits = limits
    let logger = Logger(label: "test") { _ in log }
    let server = ControlServer(configuration: configuration, router: handlers.router, logger: logger)
    try server.listen()
    async let running: Void = server.run()
    do {
        try await body(directory.socket, server)
    } catch {
        server.stop()
        try await running
        throw error
    }
    server.stop()
    try await running
}

/// Keeps the warnings and errors that a server has logged.
final class TestLog: LogHandler {
    private let state = Mutex<[String]>([])

    var messages: [String] { state.withLock { $0 } }

    var logLevel: Logger.Level {
        get { .warning }
        set {}
    }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) { state.withLock { $0.append(event.message.description) } }
}

/// How many sockets, epoll instances and eventfds this process has open. Files are not counted: the runtime's own threads
/// look into /proc now and then.
func openDescriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
        return target.map { $0.hasPrefix("socket:") || $0.hasPrefix("anon_inode:") } ?? false
    }
}
