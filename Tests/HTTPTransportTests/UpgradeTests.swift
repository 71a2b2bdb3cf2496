import Foundation
import HTTPTransport
import Testing

extension Transport {
    @Suite struct Upgrades {
        @Test func bytesBothWaysAndTheEnd() async throws {
            let server = try ScriptedServer { connection, _ in
                try connection.write("hello")
                let name = try connection.read(3)
                try connection.write(name + name)
            }
            try await with(server) { client in
                let connection = try await client.upgrade(HTTPRequest(url: server.url + "/p?q=1"))
                #expect(connection.target.path == "/p?q=1")
                #expect(!connection.target.isTLS)
                var greeting: [UInt8] = []
                while greeting.count < 5 { greeting += try await connection.receive(maximum: 2) }
                #expect(greeting == Array("hello".utf8))
                try await connection.send([])
                try await connection.send(Array("abc".utf8))
                var echo: [UInt8] = []
                while case let bytes = try await connection.receive(), !bytes.isEmpty { echo += bytes }
                #expect(echo == Array("abcabc".utf8))
                await connection.close()
            }
        }

        @Test func throughAProxyAndAUnixSocket() async throws {
            let directory = try temporaryDirectory()
            defer { try? FileManager.default.removeItem(at: directory) }
            let path = directory.appendingPathComponent("s").path
            let server = try ScriptedServer(unixPath: path) { connection, _ in
                try connection.write("unix")
                connection.waitForEnd()
            }
            try await with(server) { client in
                let endpoint = HTTPEndpoint(unixSocketPath: path)
                let connection = try await client.upgrade(HTTPRequest(url: "http://localhost/", endpoint: endpoint))
                #expect(try await connection.receive() == Array("unix".utf8))
            }
            let proxy = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.write("HTTP/1.1 200 Connected\r\n\r\n")
                try connection.write(connection.read(4))
                connection.waitForEnd()
            }
            try await with(proxy) { client in
                let endpoint = HTTPEndpoint(proxy: proxy.url)
                let connection = try await client.upgrade(HTTPRequest(url: "http://10.0.0.1:80/", endpoint: endpoint))
                try await connection.send(Array("ping".utf8))
                #expect(try await connection.receive() == Array("ping".utf8))
            }
            #expect(proxy.requests.first?.line == "CONNECT 10.0.0.1:80 HTTP/1.1")
        }

        @Test func concurrentSendsAreWholeAndInOrderOfTheCalls() async throws {
            let server = try ScriptedServer { connection, _ in
                try connection.write(connection.read(6 * 100_000))
                connection.waitForEnd()
            }
            try await with(server) { client in
                let connection = try await client.upgrade(HTTPRequest(url: server.url))
                try await withThrowingTaskGroup { group in
                    for number in 0..<6 {
                        group.addTask {
                            try await connection.send([UInt8](repeating: UInt8(number), count: 100_000))
                        }
                    }
                    try await group.waitForAll()
                }
                var echo: [UInt8] = []
                while echo.count < 600_000 { echo += try await connection.receive() }
                let blocks = stride(from: 0, to: 600_000, by: 100_000).map { Set(echo[$0..<($0 + 100_000)]) }
                #expect(blocks.allSatisfy { $0.count == 1 })
                #expect(Set(blocks.compactMap(\.first)) == Set(0..<6))
                await connection.close()
            }
        }

        @Test func aCancelledReceiveLosesNothing() async throws {
            let cancelled = Gate()
            let server = try ScriptedServer { connection, _ in
                cancelled.block()
                try connection.write("later")
                connection.waitForEnd()
            }
            try await with(server) { client in
                let connection = try await client.upgrade(HTTPRequest(url: server.url))
                let receiving = Task { try await connection.receive() }
                receiving.cancel()
                try await expect(.cancelled) { try await receiving.value }
                cancelled.open()
                #expect(try await connection.receive() == Array("later".utf8))
                await connection.close()
            }
        }

        @Test func closeWakesTheReceiverAndTheServer() async throws {
            let (connected, ended) = (Gate(), Gate())
            let server = try ScriptedServer { connection, _ in
                _ = try connection.read(1)
                connected.open()
                connection.waitForEnd()
                ended.open()
            }
            try await with(server) { client in
                let connection = try await client.upgrade(HTTPRequest(url: server.url))
                try await connection.send([1])
                let receiving = Task { try await connection.receive() }
                await connected.wait()
                await connection.close()
                await connection.close()
                try await expect(.cancelled) { try await receiving.value }
                try await expect(.cancelled) { try await connection.send([1]) }
                try await expect(.cancelled) { try await connection.receive() }
                await ended.wait()
            }
        }

        @Test func droppingClosesTheConnection() async throws {
            let ended = Gate()
            let server = try ScriptedServer { connection, _ in
                connection.waitForEnd()
                ended.open()
            }
            try await with(server) { client in
                func use() async throws {
                    let connection = try await client.upgrade(HTTPRequest(url: server.url))
                    try await connection.send([1])
                }
                try await use()
                await ended.wait()
            }
        }

        /// libcurl looks through its idle connections when it makes a new one, at most once a second, and closes the
        /// dead. One that was handed out is not idle, though nothing was sent on it yet.
        @Test func anUntouchedConnectionKeepsItsDescriptor() async throws {
            let connected = Gate()
            let server = try ScriptedServer { connection, _ in
                if connection.index > 1 { return connection.waitForEnd() }
                connected.block()
            }
            try await with(server) { client in
                let untouched = try await client.upgrade(HTTPRequest(url: server.url))
                connected.open()
                try await Task.sleep(for: .milliseconds(1100))
                let other = try await client.upgrade(HTTPRequest(url: server.url))
                #expect(try await untouched.receive().isEmpty)
                await untouched.close()
                await other.close()
            }
        }

        @Test("T103 A hundred peers that reset while we send: errors, and no signal ends the process")
        func resetsWhileSending() async throws {
            let server = try ScriptedServer { connection, _ in
                _ = try connection.read(1)
                connection.resetOnClose()
            }
            try await with(server) { client in
                await withTaskGroup(of: HTTPError.Code?.self) { group in
                    for _ in 0..<100 {
                        group.addTask { [url = server.url] in
                            do throws(HTTPError) {
                                let connection = try await client.upgrade(HTTPRequest(url: url))
                                while true { try await connection.send([UInt8](repeating: 1, count: 65_536)) }
                            } catch {
                                return error.code
                            }
                        }
                    }
                    for await code in group { #expect(code == .reset) }
                }
            }
        }

        @Test func failuresToConnect() async throws {
            let server = try ScriptedServer.answering()
            server.stop()
            try await withClient { client in
                let error = try await failure { try await client.upgrade(HTTPRequest(url: server.url)) }
                #expect(error.code == .connect)
                #expect(!error.requestMayHaveReachedServer)
            }
        }
    }
}
