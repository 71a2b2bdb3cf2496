import Foundation
import Glibc
import HTTPTransport
import Testing

extension Transport {
    @Suite struct Connections {
        @Test func repeatableRequestsShareAConnection() async throws {
            let server = try ScriptedServer.answering()
            try await with(server) { client in
                for _ in 0..<5 { _ = try await client.send(HTTPRequest(url: server.url)) }
                _ = try await client.send(HTTPRequest(method: "POST", url: server.url, body: [1], repeatable: true))
            }
            #expect(server.acceptedConnections == 1)
        }

        @Test("T24 Renewing closes kept connections, and those in use when they are done with")
        func renewedConnections() async throws {
            let (renewed, ended) = (Gate(), [Gate(), Gate()])
            let server = try ScriptedServer { connection, server in
                while let request = try server.next(connection) {
                    guard request.line.contains("/stream") else {
                        try connection.respond(body: "ok")
                        continue
                    }
                    try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
                    renewed.block()
                    try connection.write("late")
                }
                // In the order in which they end.
                ended.first { !$0.isOpen }?.open()
            }
            try await with(server) { client in
                _ = try await client.send(HTTPRequest(url: server.url))
                var body: [UInt8] = []
                _ = try await client.stream(
                    HTTPRequest(url: server.url + "/stream"),
                    onHead: { _ in
                        client.renewConnections()
                        await ended[0].wait()
                        _ = try await client.send(HTTPRequest(url: server.url))
                        renewed.open()
                    }, onChunk: { body += $0 })
                #expect(body == Array("late".utf8))
                await ended[1].wait()
                _ = try await client.send(HTTPRequest(url: server.url))
            }
            #expect(server.requests.map(\.connection) == [1, 2, 3, 3])
        }

        @Test("T105 A POST is never sent again") func aPostIsNeverSentAgain() async throws {
            // Every connection but the POST's own answers one request and dies on the second, after reading it.
            let server = try ScriptedServer { connection, server in
                guard let first = try server.next(connection) else { return }
                if first.method == "POST" { return }
                try connection.respond(body: "ok")
                _ = try server.next(connection)
            }
            try await with(server) { client in
                _ = try await client.send(HTTPRequest(url: server.url))
                let error = try await failure {
                    try await client.send(HTTPRequest(method: "POST", url: server.url, body: [1, 2, 3]))
                }
                #expect(error.code == .reset)
                #expect(error.requestMayHaveReachedServer)
            }
            #expect(server.requests.map(\.method) == ["GET", "POST"])
            #expect(server.requests.map(\.connection) == [1, 2])
        }

        @Test("T105 A GET survives a dying connection") func aRepeatableRequestSurvivesADyingConnection() async throws {
            let server = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.respond(body: "ok")
                _ = try server.next(connection)
            }
            try await with(server) { client in
                for _ in 0..<2 {
                    let answer = try await client.send(HTTPRequest(url: server.url))
                    #expect(answer.body == Array("ok".utf8))
                }
            }
            #expect(server.requests.count == 3)
        }

        @Test func truncatedBodiesAreErrors() async throws {
            let server = try ScriptedServer { connection, server in
                let request = try server.next(connection)
                if request?.line.contains("/chunked") == true {
                    try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    try connection.writeChunk([1, 2, 3])
                } else {
                    try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
                }
            }
            try await with(server) { client in
                for path in ["/length", "/chunked"] {
                    let error = try await failure { try await client.send(HTTPRequest(url: server.url + path)) }
                    #expect(error.code == .reset)
                }
            }
        }

        @Test func refusedConnection() async throws {
            let server = try ScriptedServer.answering()
            server.stop()
            try await withClient { client in
                let error = try await failure {
                    try await client.send(HTTPRequest(method: "POST", url: server.url, body: [1]))
                }
                #expect(error.code == .connect)
                #expect(!error.requestMayHaveReachedServer)
                #expect(error.message.contains("127.0.0.1:\(server.port)"))
            }
        }

        @Test func notHTTP() async throws {
            let server = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.write("SSH-2.0-hello\r\n")
            }
            try await with(server) { client in
                let error = try await failure { try await client.send(HTTPRequest(url: server.url)) }
                #expect([.protocolViolation, .reset].contains(error.code))
            }
        }

        @Test("T106 Three hundred streams do not keep a hundred requests waiting, whose connections are limited")
        func connectionsPerHostAreLimitedForRequestsButNotForStreams() async throws {
            let streaming = (0..<300).map { _ in Gate() }
            let server = try ScriptedServer { connection, server in
                while let request = try server.next(connection) {
                    guard request.line.contains("/stream") else {
                        try connection.respond(body: "ok")
                        continue
                    }
                    try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    connection.waitForEnd()
                }
            }
            try await with(server, configuration: HTTPClientConfiguration(maximumConnectionsPerHost: 1)) { client in
                let url = server.url
                let streams = Task {
                    await withTaskGroup { group in
                        for gate in streaming {
                            group.addTask {
                                _ = try? await client.stream(
                                    HTTPRequest(url: url + "/stream", timeout: nil),
                                    onHead: { _ in gate.open() }, onChunk: { _ in })
                            }
                        }
                    }
                }
                for gate in streaming { await gate.wait() }
                await withTaskGroup { group in
                    for _ in 0..<100 {
                        group.addTask {
                            let answer = try? await client.send(HTTPRequest(url: url))
                            #expect(answer?.status == 200)
                        }
                    }
                }
                streams.cancel()
                await streams.value
            }
            #expect(server.mostOpenConnections <= 301)
            #expect(Set(server.requests.filter { !$0.line.contains("/stream") }.map(\.connection)).count == 1)
        }

        @Test func freshConnectionsMakeRoomWithinTheLimit() async throws {
            let server = try ScriptedServer.answering()
            try await with(server, configuration: HTTPClientConfiguration(maximumConnectionsPerHost: 1)) { client in
                await withTaskGroup { group in
                    for number in 0..<12 {
                        group.addTask { [url = server.url] in
                            let method = number % 2 == 0 ? "GET" : "POST"
                            let answer = try? await client.send(HTTPRequest(method: method, url: url))
                            #expect(answer?.status == 200)
                        }
                    }
                }
            }
            #expect(server.requests.count == 12)
        }

        @Test func theEnvironmentsProxiesAreIgnored() async throws {
            let names = ["http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"]
            names.forEach { setenv($0, "http://127.0.0.1:1", 1) }
            defer { names.forEach { unsetenv($0) } }
            let server = try ScriptedServer.answering()
            try await with(server) { client in
                let answer = try await client.send(HTTPRequest(url: server.url))
                #expect(answer.status == 200)
            }
        }

        @Test func aProxyIsUsedWhateverNoProxySays() async throws {
            setenv("NO_PROXY", "*", 1)
            defer { unsetenv("NO_PROXY") }
            let proxy = try ScriptedServer.answering("proxied")
            try await with(proxy) { client in
                let endpoint = HTTPEndpoint(proxy: proxy.url)
                let answer = try await client.send(HTTPRequest(url: "http://127.0.0.1:1/x", endpoint: endpoint))
                #expect(answer.body == Array("proxied".utf8))
            }
            #expect(proxy.requests.first?.line == "GET http://127.0.0.1:1/x HTTP/1.1")
        }

        @Test func aProxysRefusalIsNotTheServers() async throws {
            let proxy = try ScriptedServer { connection, server in
                _ = try server.next(connection)
                try connection.respond("407 Proxy Authentication Required", body: "no")
            }
            try await with(proxy) { client in
                let endpoint = HTTPEndpoint(proxy: proxy.url)
                let request = HTTPRequest(
                    url: "https://127.0.0.1:1/x", headers: ["Authorization": "s"], endpoint: endpoint)
                let error = try await failure { try await client.send(request) }
                #expect(error.code == .proxy)
                #expect(!error.requestMayHaveReachedServer)
            }
            let request = try #require(proxy.requests.first)
            #expect(request.line == "CONNECT 127.0.0.1:1 HTTP/1.1")
            #expect(request.header("Authorization") == nil)
        }
    }
}
