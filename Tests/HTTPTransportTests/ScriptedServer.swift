import CPodkeeper
import Dispatch
import Foundation
import Glibc
import Synchronization

/// A real server on loopback or a Unix socket that follows a script, one thread per connection.
final class ScriptedServer: Sendable {
    private struct State {
        var requests: [ReceivedRequest] = []
        var open: Set<Int32> = []
        var accepted = 0
        var mostOpen = 0
        var isStopped = false
    }

    let url: String
    let port: UInt16
    let unixPath: String?
    private let listener: Int32
    private let state = Mutex(State())
    private let threads = DispatchGroup()

    init(unixPath: String? = nil, script: @escaping @Sendable (ServerConnection, ScriptedServer) throws -> Void) throws
    {
        self.unixPath = unixPath
        listener = pk_socket(unixPath == nil ? AF_INET : AF_UNIX, Int32(SOCK_STREAM.rawValue), false)
        if let unixPath {
            port = 0
            url = "http://localhost"
            guard pk_unix_bind(listener, unixPath) == 0 else { throw ServerFault(what: "bind \(unixPath)") }
        } else {
            port = try Self.bindLoopback(listener)
            url = "http://127.0.0.1:\(port)"
        }
        guard listen(listener, 128) == 0 else { throw ServerFault(what: "listen") }
        spawn { self.acceptAll(script) }
    }

    var requests: [ReceivedRequest] { state.withLock { $0.requests } }
    var acceptedConnections: Int { state.withLock { $0.accepted } }
    var mostOpenConnections: Int { state.withLock { $0.mostOpen } }

    /// Answers every request of a connection with 200 and `body`.
    static func answering(_ body: String = "ok", unixPath: String? = nil) throws -> ScriptedServer {
        try ScriptedServer(unixPath: unixPath) { connection, server in
            while try server.next(connection) != nil { try connection.respond(body: body) }
        }
    }

    /// The next request, noted in `requests`.
    func next(_ connection: ServerConnection) throws -> ReceivedRequest? {
        let request = try connection.readRequest()
        if let request { state.withLock { $0.requests.append(request) } }
        return request
    }

    func stop() {
        state.withLock { state in
            state.isStopped = true
            state.open.forEach { _ = shutdown($0, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
        threads.wait()
        close(listener)
        if let unixPath { unlink(unixPath) }
    }

    private func acceptAll(_ script: @escaping @Sendable (ServerConnection, ScriptedServer) throws -> Void) {
        while true {
            let fd = pk_accept(listener, false)
            guard fd >= 0 else { return }
            let index: Int? = state.withLock { state in
                guard !state.isStopped else { return nil }
                state.open.insert(fd)
                state.accepted += 1
                state.mostOpen = max(state.mostOpen, state.open.count)
                return state.accepted
            }
            guard let index else {
                close(fd)
                return
            }
            spawn {
                // A fault here is the client's going away, which the tests look at from the client's side.
                try? script(ServerConnection(index: index, fd: fd), self)
                self.state.withLock { _ = $0.open.remove(fd) }
                close(fd)
            }
        }
    }

    private func spawn(_ work: @escaping @Sendable () -> Void) {
        threads.enter()
        Thread.detachNewThread { [threads] in
            work()
            threads.leave()
        }
    }

    private static func bindLoopback(_ fd: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let outcome = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(fd, raw, length) == 0 ? getsockname(fd, raw, &length) : -1
            }
        }
        guard outcome == 0 else { throw ServerFault(what: "bind") }
        return UInt16(bigEndian: address.sin_port)
    }
}
