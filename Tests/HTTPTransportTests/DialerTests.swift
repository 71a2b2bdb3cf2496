import HTTPTransport
import Synchronization
import Testing

extension Transport {
    @Suite struct Dialers {
        /// A tunnel's end as the test plays it.
        private struct Peer {
            let connection: UpgradedConnection

            /// The next request's head and body so far; nil at the end.
            func request() async throws -> String? {
                var bytes: [UInt8] = []
                while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
                    let more = try await connection.receive()
                    guard !more.isEmpty else { return nil }
                    bytes += more
                }
                return String(decoding: bytes, as: UTF8.self)
            }

            func answer(_ body: String) async throws {
                try await connection.send(
                    Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
            }
        }

        /// Runs `body` with an endpoint whose connections `serve` gets, one task for each; says how many there were.
        private func withDialer(
            _ serve: @escaping @Sendable (HTTPClient, DialledConnection) async throws -> Void,
            _ body: (HTTPClient, HTTPEndpoint) async throws -> Void
        ) async throws -> Int {
            let (connections, feed) = AsyncStream.makeStream(of: DialledConnection.self)
            let count = Mutex(0)
            let dialer = HTTPDialer { _, connection in
                count.withLock { $0 += 1 }
                feed.yield(connection)
                return true
            }
            try await withClient { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await withThrowingDiscardingTaskGroup { peers in
                            for await connection in connections {
                                peers.addTask {
                                    // A kept connection ends with the client.
                                    do { try await serve(client, connection) } catch let error as HTTPError {
                                        #expect(error.code == .shutdown || error.code == .cancelled)
                                    }
                                }
                            }
                        }
                    }
                    try await body(client, HTTPEndpoint(dialer: dialer))
                    feed.finish()
                    await client.shutdown()
                    try await group.waitForAll()
                }
            }
            return count.withLock { $0 }
        }

        @Test func requestsShareAConnectionThatTheDialerMade() async throws {
            let count = try await withDialer { client, connection in
                let peer = Peer(connection: try await client.accept(connection))
                while let request = try await peer.request() {
                    #expect(connection.beginForwarding())
                    try await peer.answer(String(request.prefix { $0 != "\r\n" }))
                }
            } _: { client, endpoint in
                for index in 0..<20 {
                    let response = try await client.send(
                        HTTPRequest(url: "http://10.0.0.1:1/\(index)", endpoint: endpoint))
                    #expect(response.body == Array("GET /\(index) HTTP/1.1".utf8))
                }
            }
            #expect(count == 1)
        }

        @Test func connectionsOfTwoDialersAreNeverMixed() async throws {
            for name in ["a", "b"] {
                let count = try await withDialer { client, connection in
                    let peer = Peer(connection: try await client.accept(connection))
                    while try await peer.request() != nil { try await peer.answer(name) }
                } _: { client, endpoint in
                    let (otherConnections, feed) = AsyncStream.makeStream(of: DialledConnection.self)
                    let other = HTTPDialer { _, connection in
                        feed.yield(connection)
                        return true
                    }
                    async let second = client.send(
                        HTTPRequest(url: "http://h/", endpoint: HTTPEndpoint(dialer: other)))
                    for await connection in otherConnections {
                        let peer = Peer(connection: try await client.accept(connection))
                        _ = try await peer.request()
                        try await peer.answer("other")
                        break
                    }
                    #expect(try await second.body == Array("other".utf8))
                    #expect(
                        try await client.send(HTTPRequest(url: "http://h/", endpoint: endpoint)).body
                            == Array(name.utf8))
                }
                #expect(count == 1)
            }
        }

        /// What the tunnel says is the error, and it says whether the server may have seen the request.
        @Test(arguments: [false, true]) func theTunnelsFailureIsTheTransfers(mayHaveReached: Bool) async throws {
            _ = try await withDialer { client, connection in
                let peer = try await client.accept(connection)
                #expect(try await !peer.receive().isEmpty)
                #expect(connection.beginForwarding())
                connection.fail(
                    HTTPError(.connect, "port 9 is closed", requestMayHaveReachedServer: mayHaveReached))
                await peer.close()
            } _: { client, endpoint in
                let error = try await failure {
                    try await client.send(
                        HTTPRequest(method: "POST", url: "http://h/", body: [1], endpoint: endpoint))
                }
                #expect(error.code == .connect)
                #expect(error.message.contains("port 9 is closed"))
                #expect(error.requestMayHaveReachedServer == mayHaveReached)
            }
        }

        /// A transfer that was told so may be sent by another way: the tunnel must not send it after all.
        @Test func aRequestThatWasGivenUpIsNotSentOn() async throws {
            _ = try await withDialer { client, connection in
                let peer = try await client.accept(connection)
                for await _ in connection.abandonment {}
                #expect(try await !peer.receive().isEmpty)
                #expect(!connection.beginForwarding())
                await peer.close()
            } _: { client, endpoint in
                let error = try await failure {
                    try await client.send(
                        HTTPRequest(
                            method: "POST", url: "http://h/", body: [1], timeout: .milliseconds(50), endpoint: endpoint)
                    )
                }
                #expect(error.code == .connect)
                #expect(!error.requestMayHaveReachedServer)
            }
        }

        @Test func cancellationReachesATunnelThatIsStillOpening() async throws {
            let dialled = AsyncStream.makeStream(of: Void.self)
            _ = try await withDialer { _, connection in
                dialled.continuation.finish()
                for await _ in connection.abandonment {}
                #expect(!connection.beginForwarding())
            } _: { client, endpoint in
                let error = await withTaskGroup(of: HTTPError?.self) { group in
                    group.addTask {
                        do throws(HTTPError) {
                            _ = try await client.send(HTTPRequest(url: "http://h/", endpoint: endpoint))
                            return nil
                        } catch {
                            return error
                        }
                    }
                    for await _ in dialled.stream {}
                    group.cancelAll()
                    return await group.next() ?? nil
                }
                #expect(error?.code == .cancelled)
                #expect(error?.requestMayHaveReachedServer == false)
            }
        }

        @Test func withNobodyToServeTheRequestFailsAtOnce() async throws {
            try await withClient { client in
                let endpoint = HTTPEndpoint(dialer: HTTPDialer { _, _ in false })
                let error = try await failure {
                    try await client.send(HTTPRequest(method: "POST", url: "http://h/", body: [1], endpoint: endpoint))
                }
                #expect(error.code == .shutdown)
                #expect(!error.requestMayHaveReachedServer)
            }
        }

        /// A consumer that does not read stops its own server, and the stream is whole afterwards.
        @Test func aStreamHasBackpressure() async throws {
            let sent = Mutex(0)
            let total = 8 << 20
            let stalled = AsyncStream.makeStream(of: Void.self)
            _ = try await withDialer { client, connection in
                let peer = try await client.accept(connection)
                _ = try await peer.receive()
                #expect(connection.beginForwarding())
                try await peer.send(Array("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n".utf8))
                let piece = [UInt8](repeating: 7, count: 65_536)
                while sent.withLock({ $0 }) < total {
                    let late = Task {
                        // Nothing moves any more: libcurl's, the kernel's and our own buffers are full.
                        try await Task.sleep(for: .milliseconds(300))
                        stalled.continuation.finish()
                    }
                    try await peer.send(piece)
                    late.cancel()
                    sent.withLock { $0 += piece.count }
                }
            } _: { client, endpoint in
                var received = 0
                _ = try await client.stream(HTTPRequest(url: "http://h/", endpoint: endpoint)) { _ in
                } onChunk: { bytes in
                    if received == 0 {
                        for await _ in stalled.stream {}
                        #expect(sent.withLock { $0 } < total / 2)
                    }
                    received += bytes.count
                }
                #expect(received == total)
            }
        }
    }
}
