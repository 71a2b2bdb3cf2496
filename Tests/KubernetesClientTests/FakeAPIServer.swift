import Foundation
import Glibc
import Synchronization

/// A scripted peer on loopback for the faults that a healthy API server does not produce on demand: lost answers,
/// foreign bodies, resets, expired versions, odd WebSocket traffic. Everything it sends is what the reference says that
/// API servers and the proxies before them send in that case.
final class FakeAPIServer: Sendable {
    struct Request: Sendable {
        var method: String
        /// Path and query as sent.
        var target: String
        /// Lower-case names; all values of a name.
        var headers: [String: [String]]
        var body: String

        var path: String { String(target.prefix { $0 != "?" }) }

        func query(_ name: String) -> String? {
            target.split(separator: "?").dropFirst().first?.split(separator: "&")
                .first { $0.hasPrefix(name + "=") }
                .map { String($0.dropFirst(name.count + 1)).removingPercentEncoding ?? "" }
        }
    }

    /// One accepted connection, driven by the script on a thread of its own with blocking calls.
    final class Connection: Sendable {
        let descriptor: Int32
        private let server: FakeAPIServer
        private let buffer = Mutex<[UInt8]>([])

        fileprivate init(descriptor: Int32, server: FakeAPIServer) {
            self.descriptor = descriptor
            self.server = server
        }

        /// The next request; nil when the client has closed.
        func request() -> Request? {
            var head: [UInt8] = []
            while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
                guard let byte = bytes(1)?.first else { return nil }
                head.append(byte)
            }
            let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
            var headers: [String: [String]] = [:]
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                headers[line[..<colon].lowercased(), default: []].append(value)
            }
            let length = headers["content-length"]?.first.flatMap { Int($0) } ?? 0
            guard let body = bytes(length) else { return nil }
            let first = lines[0].split(separator: " ")
            let request = Request(
                method: String(first[0]), target: String(first[1]), headers: headers,
                body: String(decoding: body, as: UTF8.self))
            server.record(request)
            return request
        }

        /// Exactly so many bytes; nil at the end of the stream.
        func bytes(_ count: Int) -> [UInt8]? {
            buffer.withLock { buffer in
                var chunk = [UInt8](repeating: 0, count: 65_536)
                while buffer.count < count {
                    let received = recv(descriptor, &chunk, chunk.count, 0)
                    guard received > 0 else { return nil }
                    buffer += chunk[..<received]
                }
                defer { buffer.removeFirst(count) }
                return Array(buffer.prefix(count))
            }
        }

        func send(_ text: String) { send(Array(text.utf8)) }

        func send(_ bytes: [UInt8]) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { return }
                rest = rest.dropFirst(sent)
            }
        }

        func answer(_ status: Int, _ body: String, headers: String = "Content-Type: application/json\r\n") {
            send("HTTP/1.1 \(status) X\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }

        /// The head of a stream in chunks, as a watch is.
        func startStream() {
            send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        }

        func chunk(_ text: String) { send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n") }

        func endStream() { send("0\r\n\r\n") }

        /// Blocks until the client has closed.
        func waitForEnd() {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while recv(descriptor, &chunk, chunk.count, 0) > 0 {}
        }

        /// Passes bytes on both ways between the client and a port of loopback, until one of them closes.
        func relay(toPort port: UInt16) {
            let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(other) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(other, $0, size) == 0 }
            }
            guard isConnected else { return }
            var ends = [descriptor, other].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while poll(&ends, 2, -1) > 0 {
                for (end, target) in zip(ends, [other, descriptor]) where end.revents != 0 {
                    let received = recv(end.fd, &chunk, chunk.count, 0)
                    guard received > 0, Glibc.send(target, chunk, received, Int32(MSG_NOSIGNAL)) == received else {
                        return
                    }
                }
            }
        }

        /// RST instead of FIN.
        func reset() {
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        }
    }

    private struct State {
        var requests: [Request] = []
        var connections: Set<Int32> = []
        var followers: [AsyncStream<Request>.Continuation] = []
        var isStopped = false
    }

    let port: UInt16
    private let listener: Int32
    private let script: @Sendable (Connection) -> Void
    private let state = Mutex(State())

    /// `script`: runs once per connection, which is closed when it returns.
    init(_ script: @escaping @Sendable (Connection) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, size) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, generic, &size) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        self.script = script
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in accept() }
    }

    var requests: [Request] { state.withLock { $0.requests } }

    /// Requests from now on, for tests that wait for one.
    func follow() -> AsyncStream<Request> {
        let (stream, continuation) = AsyncStream.makeStream(of: Request.self)
        state.withLock { $0.followers.append(continuation) }
        return stream
    }

    /// Ends the listener and all connections; the threads end with them.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            for descriptor in state.connections { shutdown(descriptor, Int32(SHUT_RDWR)) }
            for follower in state.followers { follower.finish() }
        }
    }

    /// Ends the connections that are there now.
    func stopConnections() {
        state.withLock { state in
            for descriptor in state.connections { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    private func record(_ request: Request) {
        state.withLock { state in
            state.requests.append(request)
            for follower in state.followers { follower.yield(request) }
        }
    }

    private func accept() {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            let isWelcome = state.withLock { state in
                if !state.isStopped { state.connections.insert(descriptor) }
                return !state.isStopped
            }
            guard isWelcome else {
                close(descriptor)
                break
            }
            Thread.detachNewThread { [self] in
                script(Connection(descriptor: descriptor, server: self))
                state.withLock { state in
                    state.connections.remove(descriptor)
                    close(descriptor)
                }
            }
        }
        close(listener)
    }
}
