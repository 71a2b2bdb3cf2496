import CPodkeeper
import ControlServer
import Foundation
import JSONRPC
import Logging
import Synchronization
import Testing

@Suite struct LifetimeTests {
    private func server(
        _ path: String, mode: UInt32 = 0o660, group: String? = nil, handlers: TestHandlers = TestHandlers(),
        limits: ControlServerLimits = ControlServerLimits()
    ) -> ControlServer {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return ControlServer(
            configuration: ControlServerConfiguration(
                socketPath: path, socketMode: mode, socketGroup: group, limits: limits),
            router: handlers.router, logger: logger)
    }

    private func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    @Test func makesTheSocketWithItsModeAndGroupAndRemovesIt() async throws {
        let directory = try SocketDirectory()
        let path = directory.path + "/deeper/s.sock"
        let server = server(path, mode: 0o622, group: String(getgid()))
        try server.listen()
        #expect(status(path)?.st_mode == S_IFSOCK | 0o622)
        #expect(status(path)?.st_gid == getgid())
        server.stop()
        try await server.run()
        #expect(status(path) == nil)
    }

    @Test func replacesTheSocketOfADeadDaemon() async throws {
        let directory = try SocketDirectory()
        let dead = pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), false)
        #expect(pk_unix_bind(dead, directory.socket) >= 0)
        close(dead)
        #expect(status(directory.socket) != nil)
        try server(directory.socket).listen()
    }

    @Test func refusesToPushALiveServerAside() async throws {
        let directory = try SocketDirectory()
        let path = directory.socket
        let first = server(path)
        try first.listen()
        let second = #expect(throws: ControlServerError.self) { try server(path).listen() }
        #expect(second?.code == .alreadyRunning)
        // A server that does not know of the lock file.
        let other = directory.path + "/other.sock"
        let stranger = pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), false)
        defer { close(stranger) }
        #expect(pk_unix_bind(stranger, other) >= 0)
        #expect(listen(stranger, 1) == 0)
        let third = #expect(throws: ControlServerError.self) { try server(other).listen() }
        #expect(third?.code == .alreadyRunning)
        #expect(third?.message == "another daemon serves on \(other) already: stop it or choose another socket path")
        #expect(status(path) != nil)
        #expect(status(other) != nil)
        first.stop()
        try await first.run()
    }

    @Test func leavesNoFileWhereItCouldNotServe() throws {
        let directory = try SocketDirectory()
        let path = directory.socket
        try Data().write(to: URL(filePath: path))
        for _ in 0..<2 {
            let error = #expect(throws: ControlServerError.self) { try server(path).listen() }
            #expect(error?.code == .notASocket)
            #expect(status(path + ".lock") == nil)
        }
        unlink(path)
        let willing = server(path)
        try willing.listen()
        #expect(status(path + ".lock") != nil)
        willing.stopListening()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    /// Many threads take the lock, and each removes its file: at no time do two have it.
    @Test func aLockWhoseFileIsRemovedIsStillHeldByOneAlone() throws {
        let directory = try SocketDirectory()
        let path = directory.path + "/lock"
        let holders = Atomic(0)
        let taken = Atomic(0)
        let most = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            while taken.load(ordering: .relaxed) < 2000 {
                let lock = pk_lock_file(path)
                guard lock >= 0 else { continue }
                most.max(holders.add(1, ordering: .sequentiallyConsistent).newValue, ordering: .relaxed)
                taken.add(1, ordering: .relaxed)
                holders.subtract(1, ordering: .sequentiallyConsistent)
                unlink(path)
                close(lock)
            }
        }
        #expect(most.load(ordering: .relaxed) == 1)
    }

    @Test func itsThreadHasAName() async throws {
        let directory = try SocketDirectory()
        let server = server(directory.socket)
        try server.listen()
        async let running: Void = server.run()
        let socket = try TestSocket(directory.socket)
        try await socket.request(1, Echo.name, "{\"text\":\"a\"}")
        #expect(try await socket.line()?["id"] == 1)
        func names() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").compactMap {
                try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)
            }
        }
        #expect(try names().contains("pk-control\n"))
        server.stop()
        try await running
    }

    @Test func refusesPathsThatCannotBe() throws {
        let directory = try SocketDirectory()
        let long = directory.path + "/" + String(repeating: "x", count: 108 - directory.path.utf8.count - 1)
        let tooLong = #expect(throws: ControlServerError.self) { try server(long).listen() }
        #expect(tooLong?.code == .pathTooLong)
        #expect(
            tooLong?.message
                == "the socket's path \(long) has 108 bytes, but at most 107 fit: choose a shorter one")
        try server(String(long.dropLast())).listen()
        try Data().write(to: URL(filePath: directory.path + "/file"))
        let file = #expect(throws: ControlServerError.self) { try server(directory.path + "/file").listen() }
        #expect(file?.code == .notASocket)
        let missing = #expect(throws: ControlServerError.self) { try server(directory.path + "/a/b/c").listen() }
        #expect(missing?.code == .system(errno: ENOENT))
        let group = #expect(throws: ControlServerError.self) {
            try server(directory.socket, group: "no-such-group-here").listen()
        }
        #expect(group?.code == .unknownGroup)
        #expect(status(directory.socket) == nil)
    }

    @Test func finishesRunningCallsBeforeItStops() async throws {
        let directory = try SocketDirectory()
        let handlers = TestHandlers()
        let server = server(directory.socket, handlers: handlers)
        try server.listen()
        async let running: Void = server.run()
        let socket = try TestSocket(directory.socket)
        try await socket.request(1, Wait.name, "{\"gate\":\"a\"}")
        await handlers.wait(for: .started("a"))
        server.stop()
        // Whether this is read before or after the stop, it is answered; after it, with `draining`.
        var number = 2
        var answer: JSONValue?
        repeat {
            try await socket.request(number, Echo.name, "{\"text\":\"b\"}")
            answer = try await socket.line()
            number += 1
        } while answer?["error"] == nil
        #expect(answer?["error"]?["code"] == -32009)
        #expect(answer?["error"]?["data"] == ["kind": "draining", "retryable": true])
        handlers.open("a")
        #expect(try await socket.line()?["result"] == [:])
        #expect(try await socket.line() == nil)
        try await running
        #expect(throws: TestSocket.Failure.self) { try TestSocket(directory.socket) }
        #expect(status(directory.socket) == nil)
    }

    @Test func cancelsWhatDoesNotEndInTime() async throws {
        let directory = try SocketDirectory()
        let handlers = TestHandlers()
        var limits = ControlServerLimits()
        limits.shutdownGrace = .milliseconds(10)
        let server = server(directory.socket, handlers: handlers, limits: limits)
        try server.listen()
        async let running: Void = server.run()
        let socket = try TestSocket(directory.socket)
        try await socket.request(1, Wait.name, "{\"gate\":\"a\"}")
        await handlers.wait(for: .started("a"))
        server.stop()
        #expect(try await socket.line()?["error"]?["code"] == -32007)
        try await running
        #expect(handlers.count(of: .cancelled("a")) == 1)
    }

    @Test func endsAtOnceWhenItsTaskIsCancelled() async throws {
        let directory = try SocketDirectory()
        let handlers = TestHandlers()
        let server = server(directory.socket, handlers: handlers)
        try server.listen()
        let path = directory.socket
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                group.addTask {
                    let socket = try TestSocket(path)
                    try await socket.request(1, Wait.name, "{\"gate\":\"a\"}")
                    await handlers.wait(for: .started("a"))
                }
                try await group.next()
                // Its socket is closed, or will be by the cancellation.
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        #expect(handlers.count(of: .cancelled("a")) == 1)
        #expect(status(path) == nil)
    }
}
