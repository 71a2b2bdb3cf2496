import Foundation
import Synchronization

/// A blocking HTTP/1.1 client of the bare socket: it must be able to send what no proper client would.
final class TestConnection: Sendable {
    private let descriptor: Mutex<Int32>
    private let buffer = Mutex<[UInt8]>([])

    convenience init(port: UInt16) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        try self.init(AF_INET) { descriptor in
            withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
            }
        }
    }

    convenience init(unix path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        try self.init(AF_UNIX) { descriptor in
            withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
            }
        }
    }

    private init(_ family: Int32, _ connect: (Int32) -> Int32) throws {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = Mutex(descriptor)
        guard connect(descriptor) == 0 else { throw TestFailure("connect: \(String(cString: strerror(errno)))") }
        // No test waits for ever.
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close() }

    func close() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { Foundation.close(descriptor) }
            descriptor = -1
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        try await blocking { [self] in
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes { send(raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard sent > 0 else { throw TestFailure("send: \(String(cString: strerror(errno)))") }
                rest = rest.dropFirst(sent)
            }
        }
    }

    /// What has come, up to `count` bytes; empty at the end.
    func read(_ count: Int = 65536) async throws -> [UInt8] {
        try await blocking { [self] in try receive(count) }
    }

    func reply() async throws -> TestReply {
        try await blocking { [self] in
            try TestReply.read {
                try receive(65536)
            } pushBack: { rest in
                buffer.withLock { $0 = rest }
            }
        }
    }

    private var raw: Int32 { descriptor.withLock { $0 } }

    private func receive(_ count: Int) throws -> [UInt8] {
        let kept = buffer.withLock { buffer in
            defer { buffer = [] }
            return buffer
        }
        if !kept.isEmpty { return kept }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = recv(raw, &bytes, count, 0)
        if got < 0, errno == ECONNRESET { return [] }
        guard got >= 0 else { throw TestFailure("recv: \(String(cString: strerror(errno)))") }
        return Array(bytes.prefix(got))
    }
}

struct TestRequest {
    var bytes: [UInt8]

    init(_ path: String, method: String = "POST", body: [UInt8] = [], token: String? = nil, headers: [String] = []) {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"]
        if let token { lines.append("X-Sandbox-Token: \(token)") }
        if method == "POST" { lines.append("Content-Length: \(body.count)") }
        bytes = Array((lines + headers).map { $0 + "\r\n" }.joined().utf8) + Array("\r\n".utf8) + body
    }
}

struct TestReply: Sendable {
    var status = 0
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    /// False where the connection ended before the body did.
    var isComplete = false

    var text: String { String(decoding: body, as: UTF8.self) }

    func json() throws -> [String: Any] {
        guard let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else {
            throw TestFailure("no JSON object: \(text)")
        }
        return object
    }

    var error: [String: Any] { (try? json())?["error"] as? [String: Any] ?? [:] }

    static func read(_ more: () throws -> [UInt8], pushBack: ([UInt8]) -> Void) throws -> TestReply {
        var bytes: [UInt8] = []
        func need(_ found: ([UInt8]) -> Int?) throws -> Int? {
            while true {
                if let end = found(bytes) { return end }
                let piece = try more()
                if piece.isEmpty { return nil }
                bytes += piece
            }
        }
        func line() throws -> String? {
            guard let end = try need({ $0.firstIndex(of: 10) }) else { return nil }
            defer { bytes.removeFirst(end + 1) }
            return String(decoding: bytes[..<end], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        var reply = TestReply()
        guard let first = try line() else { throw TestFailure("no answer") }
        reply.status = Int(first.split(separator: " ").dropFirst().first ?? "") ?? 0
        while let header = try line(), !header.isEmpty {
            let parts = header.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            reply.headers[parts[0].lowercased()] = parts.count > 1 ? parts[1] : ""
        }
        if reply.status == 100 {
            return try read(
                {
                    bytes.isEmpty
                        ? try more()
                        : {
                            defer { bytes = [] }; return bytes
                        }()
                }, pushBack: pushBack)
        }
        func take(_ count: Int) throws -> Bool {
            let isWhole = try need({ $0.count >= count ? count : nil }) != nil
            reply.body += bytes.prefix(count)
            bytes.removeFirst(min(count, bytes.count))
            return isWhole
        }
        if reply.headers["transfer-encoding"] == "chunked" {
            while let size = try line() {
                guard let count = Int(size, radix: 16) else { throw TestFailure("chunk '\(size)'") }
                if count == 0 {
                    reply.isComplete = try line() != nil
                    break
                }
                guard try take(count), try line() != nil else { break }
            }
        } else {
            reply.isComplete = try take(Int(reply.headers["content-length"] ?? "0") ?? 0)
        }
        pushBack(bytes)
        return reply
    }
}
