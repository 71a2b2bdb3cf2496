import CLibcurl
import Foundation
import Glibc
import HTTPTransport
import Testing

extension Transport {
    @Suite struct TLS {
        struct Info: Decodable {
            let sni, alpn, host, client, version: String
            let peer: Int
        }

        static func withServer<Value>(
            certificate: String = "server",
            _ body: (HTTPClient, TLSServer, TLSFixture) async throws -> Value
        ) async throws -> Value {
            let fixture = try TLSFixture()
            let server = try TLSServer(fixture, certificate: certificate)
            defer { server.stop() }
            return try await withClient { try await body($0, server, fixture) }
        }

        static func info(_ client: HTTPClient, _ url: String, _ tls: TLSSettings?) async throws -> Info {
            let answer = try await client.send(HTTPRequest(url: url + "/info", endpoint: HTTPEndpoint(tls: tls)))
            return try JSONDecoder().decode(Info.self, from: Data(answer.body))
        }

        @Test func onlyTheGivenAuthorityIsTrusted() async throws {
            try await Self.withServer { client, server, fixture in
                let info = try await Self.info(client, server.url, TLSSettings(caPEM: try fixture.pem("ca.pem")))
                #expect(info.alpn == "http/1.1")
                #expect(info.host == "127.0.0.1:\(server.port)")
                let wrong: [TLSSettings?] = [
                    TLSSettings(caPEM: try fixture.pem("other-ca.pem")), TLSSettings(caPEM: []),
                    TLSSettings(caPEM: Array("no certificate".utf8)), TLSSettings(), nil,
                ]
                for tls in wrong {
                    let error = try await failure { try await Self.info(client, server.url, tls) }
                    #expect(error.code == .tls)
                    #expect(!error.requestMayHaveReachedServer)
                }
            }
        }

        /// That no directory of system roots stays trusted beside a given authority shows only in libcurl's own words:
        /// a server that the system trusts cannot be had in a test.
        @Test("T13 System roots are out when an authority is given")
        func systemRootsAreOutWhenAnAuthorityIsGiven() async throws {
            try await Self.withServer { _, server, fixture in
                func trustLog(_ tls: TLSSettings?) throws -> String {
                    let request = HTTPRequest(url: server.url + "/info", endpoint: HTTPEndpoint(tls: tls))
                    let easy = try CurlEasy()
                    try easy.prepare(
                        request, target: HTTPTarget(url: request.url), configuration: HTTPClientConfiguration(),
                        connectOnly: false)
                    let file = try #require(tmpfile())
                    defer { fclose(file) }
                    _ = pk_curl_set_pointer(easy.handle, CURLOPT_STDERR, file)
                    _ = pk_curl_set_long(easy.handle, CURLOPT_VERBOSE, 1)
                    _ = curl_easy_perform(easy.handle)
                    rewind(file)
                    var bytes = [UInt8](repeating: 0, count: 64 << 10)
                    let count = fread(&bytes, 1, bytes.count, file)
                    return String(decoding: bytes.prefix(count), as: UTF8.self)
                }
                #expect(try trustLog(nil).contains("CApath: /etc/ssl/certs"))
                let isolated = try trustLog(TLSSettings(caPEM: try fixture.pem("other-ca.pem")))
                #expect(!isolated.contains("/etc/ssl"))
                #expect(isolated.contains("SSL certificate problem"))
            }
        }

        @Test("T15 The name of the certificate and the host of the request") func serverName() async throws {
            try await Self.withServer(certificate: "named") { client, server, fixture in
                let ca = try fixture.pem("ca.pem")
                let named = TLSSettings(caPEM: ca, serverName: "api.podkeeper.test")
                let info = try await Self.info(client, server.url, named)
                #expect(info.sni == "api.podkeeper.test")
                #expect(info.host == "127.0.0.1:\(server.port)")
                for tls in [TLSSettings(caPEM: ca), TLSSettings(caPEM: ca, serverName: "else.podkeeper.test")] {
                    try await expect(.tls) { try await Self.info(client, server.url, tls) }
                }
                let insecure = try await Self.info(client, server.url, TLSSettings(insecureSkipVerify: true))
                #expect(insecure.sni.isEmpty)
            }
        }

        @Test("T107 Other certificates or another authority make another connection")
        func clientCertificatesAreShownAndSeparateConnections() async throws {
            try await Self.withServer { client, server, fixture in
                let ca = try fixture.pem("ca.pem")
                let identified = TLSSettings(
                    caPEM: ca, clientCertificatePEM: try fixture.pem("client.pem"),
                    clientKeyPEM: try fixture.pem("client.key"))
                let anonymous = try await Self.info(client, server.url, TLSSettings(caPEM: ca))
                #expect(anonymous.client.isEmpty)
                let known = try await Self.info(client, server.url, identified)
                #expect(known.client == "client")
                let again = try await Self.info(client, server.url, TLSSettings(caPEM: ca))
                #expect(again.client.isEmpty)
                #expect(again.peer == anonymous.peer)
                #expect(known.peer != anonymous.peer)
                let other = TLSSettings(caPEM: try fixture.pem("other-ca.pem"))
                try await expect(.tls) { try await Self.info(client, server.url, other) }
            }
        }

        @Test("T66 Bytes of one TLS record all arrive") func upgradeBytesOfOneRecordAllArrive() async throws {
            try await Self.withServer { client, server, fixture in
                let connection = try await Self.upgrade(client, server, fixture, "/burst")
                #expect(connection.target.isTLS)
                #expect(connection.target.host == "127.0.0.1:\(server.port)")
                #expect(connection.target.path == "/burst")
                var received: [UInt8] = []
                // Small reads: what TLS has decrypted but not handed over is not seen by epoll.
                while !received.suffix(6).elementsEqual("third;".utf8) {
                    let bytes = try await connection.receive(maximum: 5)
                    try #require((1...5).contains(bytes.count))
                    received += bytes
                }
                #expect(String(decoding: received, as: UTF8.self).hasSuffix("\r\n\r\nfirst;second;third;"))
                try await connection.send([1])
                #expect(try await connection.receive().isEmpty)
                #expect(try await connection.receive().isEmpty)
                await connection.close()
            }
        }

        @Test("T65 An upgrade stays on HTTP/1.1 where the server offers h2")
        func upgradeStaysOnHTTP1WhenTheServerOffersH2() async throws {
            try await Self.withServer { client, server, fixture in
                let connection = try await Self.upgrade(client, server, fixture, "/info")
                var received = ""
                while !received.hasSuffix("}") {
                    received += String(decoding: try await connection.receive(), as: UTF8.self)
                }
                #expect(received.contains("\"alpn\": \"http/1.1\""))
                await connection.close()
            }
        }

        /// The peer stops reading until the send blocks in the middle of a TLS record, a second sender queues behind,
        /// and then everything arrives byte for byte.
        @Test("T65b A blocked send goes on byte for byte, and what is behind it follows")
        func blockedSendResumesByteIdentical() async throws {
            try await Self.withServer { client, server, fixture in
                let bulk = (0..<(12 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 11) }
                let ping: [UInt8] = [0x89, 0x80, 1, 2, 3, 4]
                let connection = try await Self.upgrade(client, server, fixture, "/digest/\(bulk.count + ping.count)")
                #expect(try await connection.receive() == Array("ready".utf8))
                // More than the two sockets hold: the call cannot have returned when the ping is queued behind it.
                let sending = Task { try await connection.send(bulk) }
                while try Self.unsentBytes(port: server.port) == 0 { try await Task.sleep(for: .milliseconds(2)) }
                let pinging = Task { try await connection.send(ping) }
                try server.go()
                try await sending.value
                try await pinging.value
                var digest = ""
                while digest.count < 64 { digest += String(decoding: try await connection.receive(), as: UTF8.self) }
                let file = fixture.directory.appendingPathComponent("bulk")
                try Data(bulk + ping).write(to: file)
                let expected = try Self.sha256(file)
                #expect(digest == expected)
                await connection.close()
            }
        }

        @Test func cancellingABlockedSendClosesTheConnection() async throws {
            try await Self.withServer { client, server, fixture in
                let connection = try await Self.upgrade(client, server, fixture, "/digest/\(64 << 20)")
                #expect(try await connection.receive() == Array("ready".utf8))
                let sending = Task { try await connection.send([UInt8](repeating: 5, count: 32 << 20)) }
                while try Self.unsentBytes(port: server.port) == 0 { try await Task.sleep(for: .milliseconds(2)) }
                let queued = Task { try await connection.send([1]) }
                let receiving = Task { try await connection.receive() }
                sending.cancel()
                try await expect(.cancelled) { try await sending.value }
                try await expect(.cancelled) { try await queued.value }
                try await expect(.cancelled) { try await receiving.value }
            }
        }

        private static func connect(
            _ client: HTTPClient, _ server: TLSServer, _ fixture: TLSFixture, _ path: String
        ) async throws -> UpgradedConnection {
            let endpoint = HTTPEndpoint(tls: TLSSettings(caPEM: try fixture.pem("ca.pem")))
            return try await client.upgrade(HTTPRequest(url: server.url + path, endpoint: endpoint))
        }

        private static func upgrade(
            _ client: HTTPClient, _ server: TLSServer, _ fixture: TLSFixture, _ path: String
        ) async throws -> UpgradedConnection {
            let connection = try await connect(client, server, fixture, path)
            let target = connection.target
            try await connection.send(Array("GET \(target.path) HTTP/1.1\r\nHost: \(target.host)\r\n\r\n".utf8))
            return connection
        }

        /// What the kernel holds for the server's port and could not deliver, by /proc/net/tcp.
        private static func unsentBytes(port: Int) throws -> Int {
            let remote = ":" + String(port, radix: 16, uppercase: true).leftPadded(to: 4)
            // Foundation takes the first short read of a /proc file for its end.
            let file = try #require(fopen("/proc/net/tcp", "re"))
            defer { fclose(file) }
            var table = ""
            var page = [UInt8](repeating: 0, count: 4096)
            while case let count = fread(&page, 1, page.count, file), count > 0 {
                table += String(decoding: page.prefix(count), as: UTF8.self)
            }
            var total = 0
            for line in table.split(separator: "\n") {
                let columns = line.split(separator: " ")
                guard columns.count > 4, columns[2].hasSuffix(remote), columns[3] == "01" else { continue }
                total += Int(columns[4].prefix(8), radix: 16) ?? 0
            }
            return total
        }

        private static func sha256(_ file: URL) throws -> String {
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["sha256sum", file.path]
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return String(text.prefix(64))
        }
    }
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String {
        String(repeating: "0", count: max(0, width - count)) + self
    }
}
