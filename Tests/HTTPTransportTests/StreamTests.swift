import Foundation
import HTTPTransport
import Synchronization
import Testing

extension Transport {
    @Suite struct Streams {
        struct Abandoned: Error {}

        /// A byte that depends on its place, with a period that no buffer size divides.
        static func pattern(_ range: Range<Int>) -> [UInt8] {
            range.map { UInt8(truncatingIfNeeded: $0 % 251) }
        }

        @Test func headThenChunksThenTheEnd() async throws {
            let server = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.write("HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n")
                for part in ["a", "bc", "def"] { try connection.writeChunk(Array(part.utf8)) }
                try connection.write("0\r\n\r\n")
            }
            try await with(server) { client in
                let seen = Mutex<[String]>([])
                let head = try await client.stream(
                    HTTPRequest(url: server.url),
                    onHead: { head in seen.withLock { $0.append("head \(head.status)") } },
                    onChunk: { bytes in seen.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) } })
                #expect(head.status == 201)
                let events = seen.withLock { $0 }
                #expect(events.first == "head 201")
                #expect(events.dropFirst().joined() == "abcdef")
            }
        }

        @Test func eachChunkArrivesBeforeTheNextIsSent() async throws {
            let (first, second) = (Gate(), Gate())
            let server = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                first.block()
                try connection.writeChunk([1])
                second.block()
                try connection.write("0\r\n\r\n")
            }
            try await with(server) { client in
                _ = try await client.stream(
                    HTTPRequest(url: server.url), onHead: { _ in first.open() }, onChunk: { _ in second.open() })
            }
        }

        @Test func aSlowReceiverStopsTheServer() async throws {
            let total = 64 << 20
            let written = Mutex(0)
            let stalled = Gate()
            let server = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
                let block = Self.pattern(0..<(251 * 1024))
                var sent = 0
                while sent < total {
                    let offset = sent % block.count
                    let part = Array(block[offset..<min(block.count, offset + total - sent)])
                    guard let count = try connection.writeSome(part, patience: 200) else {
                        stalled.open()
                        continue
                    }
                    sent += count
                    written.withLock { $0 = sent }
                }
                stalled.open()
                connection.waitForEnd()
            }
            try await with(server) { client in
                let expected = Self.pattern(0..<(251 + (256 << 10)))
                var received = 0
                var isIntact = true
                var writtenAtStall = total
                var largest = 0
                _ = try await client.stream(
                    HTTPRequest(url: server.url, idleTimeout: .seconds(30)), onHead: { _ in },
                    onChunk: { bytes in
                        if received == 0 {
                            await stalled.wait()
                            writtenAtStall = written.withLock { $0 }
                        }
                        isIntact = isIntact && bytes == Array(expected[(received % 251)...].prefix(bytes.count))
                        received += bytes.count
                        largest = max(largest, bytes.count)
                    })
                #expect(received == total)
                #expect(isIntact)
                // What the two sockets hold is the kernel's to say, but it is far from all of it.
                #expect(writtenAtStall < total / 2)
                #expect(largest <= 256 << 10)
            }
        }

        @Test func aPausedStreamIsNotIdle() async throws {
            let total = 32 << 20
            let stalled = Gate()
            let server = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
                let block = [UInt8](repeating: 7, count: 1 << 20)
                var sent = 0
                while sent < total {
                    // Stalled for longer than the client's idle timeout.
                    guard let count = try connection.writeSome(Array(block.prefix(total - sent)), patience: 600) else {
                        stalled.open()
                        continue
                    }
                    sent += count
                }
                stalled.open()
                connection.waitForEnd()
            }
            try await with(server) { client in
                var received = 0
                _ = try await client.stream(
                    HTTPRequest(url: server.url, idleTimeout: .milliseconds(300)), onHead: { _ in },
                    onChunk: { bytes in
                        if received == 0 { await stalled.wait() }
                        received += bytes.count
                    })
                #expect(received == total)
            }
        }

        @Test func idleTimeout() async throws {
            let server = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                try connection.writeChunk(Array("alive".utf8))
                connection.waitForEnd()
            }
            try await with(server) { client in
                let seen = Mutex<[UInt8]>([])
                let error = try await failure {
                    try await client.stream(
                        HTTPRequest(url: server.url, timeout: nil, idleTimeout: .milliseconds(100)), onHead: { _ in },
                        onChunk: { bytes in seen.withLock { $0 += bytes } })
                }
                #expect(error.code == .timeout)
                #expect(seen.withLock { $0 } == Array("alive".utf8))
            }
        }

        @Test func cancellation() async throws {
            let (begun, ended) = (Gate(), Gate())
            let server = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                connection.waitForEnd()
                ended.open()
            }
            try await with(server) { client in
                let call = Task { [url = server.url] in
                    try await client.stream(
                        HTTPRequest(url: url, timeout: nil), onHead: { _ in begun.open() }, onChunk: { _ in })
                }
                await begun.wait()
                call.cancel()
                try await expect(.cancelled) { try await call.value }
                await ended.wait()
            }
        }

        @Test func anErrorOfTheReceiverEndsTheTransfer() async throws {
            let ended = Gate()
            let server = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                let block = [UInt8](repeating: 1, count: 1 << 20)
                while (try? connection.writeChunk(block)) != nil {}
                ended.open()
            }
            try await with(server) { client in
                await #expect(throws: Abandoned.self) {
                    try await client.stream(
                        HTTPRequest(url: server.url), onHead: { _ in }, onChunk: { _ in throw Abandoned() })
                }
                await ended.wait()
            }
        }

        @Test func bytesBeforeAResetAreDelivered() async throws {
            let server = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
            }
            try await with(server) { client in
                let seen = Mutex<[UInt8]>([])
                let error = try await failure {
                    try await client.stream(
                        HTTPRequest(url: server.url), onHead: { _ in },
                        onChunk: { bytes in seen.withLock { $0 += bytes } })
                }
                #expect(error.code == .reset)
                #expect(seen.withLock { $0 } == Array("half".utf8))
            }
        }
    }
}
