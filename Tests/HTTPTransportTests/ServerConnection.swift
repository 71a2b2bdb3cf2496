import Foundation
import Glibc

struct ReceivedRequest: Sendable {
    let connection: Int
    let head: String
    let body: [UInt8]

    var line: String { String(head.prefix { $0 != "\r\n" }) }
    var method: String { String(head.prefix { $0 != " " }) }
    var headerLines: [String] { head.components(separatedBy: "\r\n").dropFirst().filter { !$0.isEmpty } }

    func header(_ name: String) -> String? {
        headerLines.first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { String($0.dropFirst(name.count + 1).drop { $0 == " " }) }
    }
}

struct ServerFault: Error {
    let what: String
    let code = errno
}

/// One accepted connection, used by its own thread with blocking calls.
final class ServerConnection {
    let index: Int
    let fd: Int32
    private var buffer: [UInt8] = []

    init(index: Int, fd: Int32) {
        self.index = index
        self.fd = fd
    }

    /// Reads a head and, by its Content-Length, a body; nil at the end of the stream.
    func readRequest() throws -> ReceivedRequest? {
        while true {
            if let end = headEnd() {
                let head = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeFirst(end)
                let request = ReceivedRequest(connection: index, head: head, body: [])
                let length = request.header("Content-Length").flatMap { Int($0) } ?? 0
                while buffer.count < length {
                    guard try fill() else { throw ServerFault(what: "end within a body") }
                }
                defer { buffer.removeFirst(length) }
                return ReceivedRequest(connection: index, head: head, body: Array(buffer.prefix(length)))
            }
            guard try fill() else { return nil }
        }
    }

    /// Reads exactly so many bytes.
    func read(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try fill() else { throw ServerFault(what: "end of stream") }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    func write(_ text: String) throws {
        try write(Array(text.utf8))
    }

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw ServerFault(what: "write") }
            sent += count
        }
    }

    func respond(_ status: String = "200 OK", headers: [String] = [], body: String = "") throws {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
        try write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    func writeChunk(_ bytes: [UInt8]) throws {
        try write(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8))
    }

    /// Writes what the socket takes at once; nil when it takes nothing for `patience` milliseconds.
    func writeSome(_ bytes: [UInt8], patience: Int32) throws -> Int? {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        let count = bytes.withUnsafeBytes { send(fd, $0.baseAddress, $0.count, flags) }
        if count > 0 { return count }
        guard errno == EAGAIN else { throw ServerFault(what: "write") }
        var poller = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
        return poll(&poller, 1, patience) == 0 ? nil : 0
    }

    /// RST instead of FIN.
    func resetOnClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    }

    /// Blocks until the client has closed.
    func waitForEnd() {
        while (try? fill()) == true {}
    }

    private func headEnd() -> Int? {
        guard buffer.count >= 4 else { return nil }
        for index in 3..<buffer.count where buffer[(index - 3)...index].elementsEqual("\r\n\r\n".utf8) {
            return index + 1
        }
        return nil
    }

    private func fill() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(fd, &chunk, chunk.count, 0)
        guard count >= 0 else { throw ServerFault(what: "read") }
        buffer.append(contentsOf: chunk.prefix(count))
        return count > 0
    }
}
