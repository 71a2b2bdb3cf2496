import CPodkeeper
import ControlServer
import Foundation
import JSONRPC
import Logging

/// Answers with what it was given.
enum Echo: RPCMethod {
    static let name = "test.echo"
    struct Params: RPCParams {
        static let memberNames = ["text"]
        var text: String
    }
    struct Result: Codable, Sendable {
        var text: String
    }
}

/// Never answers; ends when it is cancelled.
enum Hang: RPCMethod {
    static let name = "test.hang"
    typealias Params = NoParams
    typealias Result = EmptyResult
}

/// Sends numbered notifications of 1000 bytes, then answers.
enum Flood: RPCMethod {
    static let name = "test.flood"
    struct Params: RPCParams {
        static let memberNames = ["count"]
        var count: Int
    }
    typealias Result = EmptyResult
}

/// What the notifications of `Flood` carry.
struct Drop: Codable, Sendable {
    var number: Int
    var text: String
}

/// Handlers that say what happens to them, in order.
struct TestHandlers: Sendable {
    enum Event: Hashable, Sendable { case hanging, cancelled }

    private let events: AsyncStream<Event>
    private let report: AsyncStream<Event>.Continuation

    init() {
        (events, report) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingOldest(100))
    }

    /// Waits for the next event; for one task.
    func next() async -> Event? {
        var iterator = events.makeAsyncIterator()
        return await iterator.next()
    }

    var router: RPCRouter<ControlCall> {
        var router = RPCRouter<ControlCall>()
        router.on(Echo.self) { params, _ in
            guard !params.text.isEmpty else { throw RPCError.invalidParams("text must not be empty") }
            return Echo.Result(text: params.text)
        }
        router.on(Hang.self) { [report] _, _ in
            report.yield(.hanging)
            // Longer than any test; a cancellation ends it.
            try? await Task.sleep(for: .seconds(3600))
            report.yield(.cancelled)
            throw CancellationError()
        }
        router.on(Flood.self) { params, call in
            for number in 0..<params.count {
                try await call.notify("test.drop", Drop(number: number, text: String(repeating: "x", count: 1000)))
            }
            return EmptyResult()
        }
        return router
    }
}

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

/// Runs the real server for as long as `body` takes.
func withServer(
    limits: ControlServerLimits = ControlServerLimits(), handlers: TestHandlers = TestHandlers(),
    _ body: @Sendable (String, ControlServer) async throws -> Void
) async throws {
    let directory = try SocketDirectory()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = ControlServer(
        configuration: ControlServerConfiguration(socketPath: directory.socket, limits: limits),
        router: handlers.router, logger: logger)
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

/// A server that reads one chunk, says what it is told to say, and hangs up: what a daemon does that is killed in the
/// middle, or a stranger who listens on the same path.
func withScript(_ words: String, _ body: @Sendable (String) async throws -> Void) async throws {
    let directory = try SocketDirectory()
    let listener = pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), false)
    defer { close(listener) }
    guard pk_unix_bind(listener, directory.socket) >= 0, listen(listener, 8) == 0 else {
        throw CocoaError(.fileWriteUnknown)
    }
    let thread = Thread {
        let peer = pk_accept(listener, false)
        guard peer >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        _ = recv(peer, &buffer, buffer.count, 0)
        let bytes = Array(words.utf8)
        _ = send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        close(peer)
    }
    thread.start()
    try await body(directory.socket)
}
