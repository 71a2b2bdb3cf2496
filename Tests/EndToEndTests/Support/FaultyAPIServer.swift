import Foundation
import Glibc
import Synchronization
import Testing

/// The real API server behind a proxy that answers 500 to a share of all requests before anything is done. Stands for
/// an API server under load, which refuses and does not do; everything else goes to the real one unchanged.
final class FaultyAPIServer: Sendable {
    private struct State {
        var every = 0
        var requests = 0
        var refused = 0
        var isStopped = false
    }

    private let state = Mutex(State())
    private let listener: Int32
    private let upstream: UInt16
    private let kubectl: Process
    let port: UInt16

    /// What refused requests there were, of how many.
    var counts: (refused: Int, requests: Int) { state.withLock { ($0.refused, $0.requests) } }

    /// From now on one request in `every` is refused; 0 for none.
    func refuse(oneIn every: Int) { state.withLock { $0.every = every } }

    init() throws {
        // `kubectl proxy` knows the certificates; this is about refusals, not about TLS.
        let kubeconfig = try #require(TestCluster.kubeconfig)
        kubectl = Process()
        kubectl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        kubectl.arguments = ["kubectl", "--kubeconfig", kubeconfig, "proxy", "--port=0", "--disable-filter=true"]
        let output = Pipe()
        kubectl.standardOutput = output
        kubectl.standardError = FileHandle.nullDevice
        try kubectl.run()
        // "Starting to serve on 127.0.0.1:40001"
        var line = ""
        while !line.contains("\n"), case let data = output.fileHandleForReading.availableData, !data.isEmpty {
            line += String(decoding: data, as: UTF8.self)
        }
        upstream = try #require(
            line.split(separator: ":").last.flatMap { UInt16($0.trimmingCharacters(in: .whitespacesAndNewlines)) })
        (listener, port) = try Loopback.listen()
        Thread { [self] in accept() }.start()
    }

    /// Closes the listener; connections end with their peers.
    func stop() {
        state.withLock { $0.isStopped = true }
        Glibc.shutdown(listener, Int32(SHUT_RDWR))
        kubectl.terminate()
        kubectl.waitUntilExit()
    }

    var kubeconfig: String {
        """
        apiVersion: v1
        kind: Config
        current-context: faulty
        clusters: [{name: faulty, cluster: {server: "http://127.0.0.1:\(port)"}}]
        contexts: [{name: faulty, context: {cluster: faulty, user: nobody}}]
        users: [{name: nobody, user: {}}]
        """
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else {
                if errno == EINTR { continue }
                close(listener)
                return
            }
            // accept4(2) is not among what Swift's Glibc module has.
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            Thread { [self] in
                serve(client)
                close(client)
            }.start()
        }
    }

    /// One request for each connection: its peer opens another for the next.
    private func serve(_ client: Int32) {
        guard let request = Self.readHead(client) else { return }
        let isRefused = state.withLock { state in
            state.requests += 1
            guard state.every > 0, state.requests.isMultiple(of: state.every) else { return false }
            state.refused += 1
            return true
        }
        if isRefused {
            let body = #"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"InternalError","code":500}"#
            _ = Self.write(
                client,
                Array(
                    "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
                        .utf8))
            return
        }
        guard let server = Loopback.socket() else { return }
        defer { close(server) }
        var address = Loopback.address(upstream)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected, Self.write(server, request) else { return }
        Self.pump(client, server)
    }

    /// The head, with what came after it, told to be the connection's last unless it upgrades.
    private static func readHead(_ client: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let end = Array("\r\n\r\n".utf8)
        while bytes.firstRange(of: end) == nil {
            let count = read(client, &buffer, buffer.count)
            guard count > 0 else { return nil }
            bytes += buffer.prefix(count)
        }
        guard let range = bytes.firstRange(of: end) else { return nil }
        let head = String(decoding: bytes[..<range.lowerBound], as: UTF8.self)
        guard !head.lowercased().contains("\r\nupgrade:") else { return bytes }
        return Array("\(head)\r\nConnection: close\r\n\r\n".utf8) + bytes[range.upperBound...]
    }

    /// Both directions, until either side ends.
    private static func pump(_ one: Int32, _ other: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var polled = [
            pollfd(fd: one, events: Int16(POLLIN), revents: 0), pollfd(fd: other, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&polled, 2, -1) > 0 || errno == EINTR {
            for (from, to) in [(0, other), (1, one)] where polled[from].revents != 0 {
                let count = read(polled[from].fd, &buffer, buffer.count)
                guard count > 0, write(to, Array(buffer.prefix(count))) else { return }
            }
        }
    }

    private static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
