import Foundation
import Glibc
import Synchronization

/// An HTTP server on loopback for the faults that a healthy API server or exec server does not produce on demand: lost
/// answers, refusals in a certain order, bodies that are none. One request for each connection.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        var method: String
        var path: String
        var body: String
    }

    /// Nil closes the connection without an answer.
    typealias Answer = (status: Int, body: String)?

    let port: UInt16
    private let listener: Int32
    private let script: @Sendable (Request, Int) -> Answer
    private let seen = Mutex<[Request]>([])

    /// The script gets each request and how many came before it.
    init(_ script: @escaping @Sendable (Request, Int) -> Answer) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, size) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, generic, &size) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        self.script = script
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in accept() }
    }

    var requests: [Request] { seen.withLock { $0 } }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func accept() {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            serve(descriptor)
            close(descriptor)
        }
        close(listener)
    }

    private func serve(_ descriptor: Int32) {
        guard let request = Self.read(descriptor) else { return }
        let count = seen.withLock { seen in
            seen.append(request)
            return seen.count - 1
        }
        guard let answer = script(request, count) else { return }
        // Of these statuses containerd shows the words as they were sent.
        let words = [401: "Unauthorized", 403: "Forbidden"][answer.status] ?? "X"
        let text =
            "HTTP/1.1 \(answer.status) \(words)\r\nContent-Type: application/json\r\nConnection: close\r\n"
            + "Content-Length: \(answer.body.utf8.count)\r\n\r\n\(answer.body)"
        _ = Array(text.utf8).withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    private static func read(_ descriptor: Int32) -> Request? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound]
                let length =
                    head.lowercased().split(separator: "content-length: ").dropFirst().first
                    .flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
                let body = text[end.upperBound...]
                if body.utf8.count >= length {
                    let line = head.split(separator: " ")
                    return Request(method: String(line[0]), path: String(line[1]), body: String(body))
                }
            }
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
    }
}
