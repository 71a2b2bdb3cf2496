import CPodkeeper
import Foundation
import Synchronization

/// A server on a Unix socket that answers with the bytes it is given: it stands for an exec server, or a proxy before
/// one, whose host or connection fails in the middle of an answer, which the real one cannot be asked to do.
final class ScriptedServer: Sendable {
    struct Request: Hashable, Sendable {
        var path: String
        var head: String
        var body: [UInt8]
    }

    /// Bytes to send; nil closes the connection without an answer. Then the connection is closed, or left silent.
    struct Answer: Sendable {
        var bytes: [UInt8]?
        var closes = true

        static func status(_ status: String, _ body: String, closes: Bool = true) -> Self {
            Self(
                bytes: Array("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8),
                closes: closes)
        }

        /// The start of a run's answer: `frames` as one chunk of a chunked body, without the body's end.
        static func stream(_ frames: [UInt8], ends: Bool = false, closes: Bool = true) -> Self {
            var bytes = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
            if !frames.isEmpty { bytes += Array("\(String(frames.count, radix: 16))\r\n".utf8) + frames + [13, 10] }
            if ends { bytes += Array("0\r\n\r\n".utf8) }
            return Self(bytes: bytes, closes: closes)
        }
    }

    let path: String
    /// Every request, as it has arrived whole.
    let arrivals: AsyncStream<Request>
    private let listener: Int32
    private let open = Mutex<[Int32]>([])
    private let seen = Mutex<[Request]>([])

    var requests: [Request] { seen.withLock(\.self) }

    init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
        path = NSTemporaryDirectory() + "pk-\(UInt32.random(in: 0 ... .max)).sock"
        let (arrivals, sink) = AsyncStream.makeStream(of: Request.self)
        self.arrivals = arrivals
        listener = pk_socket(AF_UNIX, 1, false)
        guard listener >= 0, pk_unix_bind(listener, path) == 0, listen(listener, 16) == 0 else {
            throw POSIXError(.EIO)
        }
        Thread.detachNewThread { [self] in
            while case let connection = pk_accept(listener, false), connection >= 0 {
                open.withLock { $0.append(connection) }
                Thread.detachNewThread { [self] in
                    while let request = Self.read(connection) {
                        seen.withLock { $0.append(request) }
                        sink.yield(request)
                        let answer = answer(request)
                        if let bytes = answer.bytes { _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
                        if answer.closes || answer.bytes == nil { break }
                    }
                    shutdown(connection, Int32(SHUT_RDWR))
                }
            }
        }
    }

    /// Ends the listener and every connection.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        unlink(path)
        open.withLock { for connection in $0 { shutdown(connection, Int32(SHUT_RDWR)) } }
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                let length =
                    head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
                if bytes.count >= end.upperBound + length {
                    let path = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
                    return Request(path: path, head: head, body: Array(bytes[end.upperBound...].prefix(length)))
                }
            }
            let got = recv(connection, &chunk, chunk.count, 0)
            guard got > 0 else { return nil }
            bytes += chunk.prefix(got)
        }
    }
}
