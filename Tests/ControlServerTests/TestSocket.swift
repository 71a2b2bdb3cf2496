import CPodkeeper
import Foundation
import JSONRPC
import Testing

/// A client that speaks bytes, with a deadline so that a missing answer fails the test.
///
/// Its blocking calls are made on a queue of its own: on the tests' few shared threads they would keep the server's
/// handlers, which run there too, from ever answering.
final class TestSocket: Sendable {
    struct Failure: Error { var message: String }

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "test-socket")

    init(_ path: String, receiveBuffer: Int32? = nil, beforeConnecting: () -> Void = {}) throws {
        let descriptor = pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), false)
        guard descriptor >= 0 else { throw Failure(message: "socket: \(descriptor)") }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var deadline = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
        beforeConnecting()
        let result = pk_unix_connect(descriptor, path)
        guard result >= 0 else {
            close(descriptor)
            throw Failure(message: "connect \(path): \(result)")
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// `body` must not hold the socket itself: the queue lets go of it a little later than the caller goes on, and the
    /// descriptor is to be closed when the caller is done with it.
    private func blocking<T: Sendable>(_ body: @escaping @Sendable (Int32) throws -> T) async throws -> T {
        let descriptor = descriptor
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body(descriptor) }) }
        }
    }

    func send(_ text: String) async throws { try await send(bytes: Array(text.utf8)) }

    func send(bytes: [UInt8]) async throws { try await blocking { try Self.send(bytes, on: $0) } }

    private static func send(_ bytes: [UInt8], on descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(message: "send: errno \(errno)") }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends a request; `params` is JSON.
    func request(_ id: Int, _ method: String, _ params: String = "{}") async throws {
        try await send("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"\(method)\",\"params\":\(params)}\n")
    }

    /// No more requests will come.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// At most that many bytes; none at the end of the stream.
    private static func receive(_ maximum: Int, on descriptor: Int32) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: maximum)
        let count = recv(descriptor, &buffer, maximum, 0)
        guard count >= 0 else { throw Failure(message: "recv: errno \(errno)") }
        return Array(buffer.prefix(count))
    }

    /// The next line as JSON; nil at the end of the stream.
    func line() async throws -> JSONValue? { try await blocking { try Self.line(on: $0) } }

    private static func line(on descriptor: Int32) throws -> JSONValue? {
        var line: [UInt8] = []
        while true {
            // Looks first and takes up to the newline then: no byte of the next line is swallowed.
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_PEEK))
            guard count >= 0 else { throw Failure(message: "recv: errno \(errno)") }
            guard count > 0 else { return nil }
            let newline = buffer[..<count].firstIndex(of: UInt8(ascii: "\n"))
            line += try receive(newline.map { $0 + 1 } ?? count, on: descriptor)
            if newline != nil { return try JSONCoding.decode(JSONValue.self, from: line[...]) }
        }
    }

    /// The next `count` lines that are responses, by id; notifications between them are passed over.
    func responses(_ count: Int) async throws -> [Int64: JSONValue] {
        var found: [Int64: JSONValue] = [:]
        while found.count < count {
            let line = try #require(try await line(), "the server closed the connection")
            guard line["method"] == nil else { continue }
            found[try #require(line["id"]?.integerValue)] = line
        }
        return found
    }
}
