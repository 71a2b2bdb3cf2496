import Foundation
import HTTPTransport
import Logging
import Synchronization
import Testing

@testable import KubernetesClient

/// What goes over a real connection, and what of it is taken up again while the client lives.
@Suite(.timeLimit(.minutes(2))) struct CredentialTests {
    @Test("T11 Nothing that proves who we are goes to an http server")
    func plainHTTP() async throws {
        let server = try FakeAPIServer(anyPods)
        defer { server.stop() }
        var identity = KubernetesConfiguration.Identity()
        identity.token = "secret"
        identity.impersonatedUser = "jane"
        let configuration = KubernetesConfiguration(
            server: try ServerAddress("http://127.0.0.1:\(server.port)"), identity: identity, origin: "test")
        try await withClient(configuration) { try await $0.getTestPod() }
        let headers = try #require(server.requests.first).headers
        #expect(headers["authorization"] == nil)
        #expect(!headers.keys.contains { $0.hasPrefix("impersonate") })
    }

    @Test("T14 An empty CA file trusts nobody")
    func emptyAuthority() async throws {
        try await withTLSFake(
            configure: { configuration, front in
                try Scratch.write("", to: front.path("empty.pem"))
                configuration.tls.authority = .file(front.path("empty.pem"))
            }, anyPods
        ) { client, server, _ in
            let error = await #expect(throws: KubernetesError.self) { try await client.getTestPod() }
            #expect(error?.message.hasPrefix("unable to load root certificates") == true)
            #expect(server.requests.isEmpty)
        }
    }

    @Test("T15 tls-server-name is asked for and checked, Host stays real")
    func serverName() async throws {
        try await withTLSFake(
            certificate: "named",
            configure: { configuration, _ in configuration.tls.serverName = "api.podkeeper.test" }, anyPods
        ) { client, server, front in
            try await client.getTestPod()
            #expect(try front.handshake().sni == "api.podkeeper.test")
            #expect(server.requests.first?.headers["host"] == ["127.0.0.1:\(front.port)"])
        }
    }

    @Test("T16 Without verification any certificate will do")
    func insecure() async throws {
        try await withTLSFake(
            certificate: "named",
            configure: { configuration, _ in
                configuration.tls.authority = nil
                configuration.tls.skipsVerification = true
            }, anyPods
        ) { client, server, _ in
            try await client.getTestPod()
            #expect(server.requests.count == 1)
        }
    }

    @Test("T19 T30 A rotated token file is read at once after a 401; an empty one keeps the old token")
    func tokenFile() async throws {
        try await Scratch.withDirectory { directory in
            // As the kubelet does it: the name is a link to a directory that is swapped.
            for (folder, token) in [("1", "one\n"), ("2", "two\n"), ("3", "")] {
                try FileManager.default.createDirectory(
                    atPath: directory + "/" + folder, withIntermediateDirectories: true)
                try Scratch.write(token, to: directory + "/\(folder)/token")
            }
            func link(_ folder: String) throws {
                try FileManager.default.createSymbolicLink(
                    atPath: directory + "/new", withDestinationPath: folder)
                #expect(rename(directory + "/new", directory + "/..data") == 0)
            }
            try link("1")
            let accepted = Mutex("Bearer one")
            let script = podsIf { request in accepted.withLock { request.headers["authorization"] == [$0] } }
            try await withTLSFake(
                configure: { configuration, _ in configuration.identity.tokenFile = directory + "/..data/token" },
                script
            ) { client, server, _ in
                try await client.getTestPod()
                try link("2")
                accepted.withLock { $0 = "Bearer two" }
                try await client.getTestPod()
                #expect(server.authorizations == ["Bearer one", "Bearer one", "Bearer two"])
                // Emptied, and the server refuses: the same token is not sent twice.
                try link("3")
                accepted.withLock { $0 = "Bearer three" }
                let error = await #expect(throws: KubernetesError.self) { try await client.getTestPod() }
                #expect(error?.kind == .unauthorized)
                #expect(server.authorizations.dropFirst(3) == ["Bearer two"])
            }
        }
    }

    @Test("T30 A swapped CA is read at once when the server can no longer be verified")
    func authorityRotation() async throws {
        try await withTLSFake(anyPods) { client, server, front in
            try await client.getTestPod()
            try front.show("other")
            // The connection that is open would be used again.
            server.stopConnections()
            try Scratch.write(
                String(decoding: try front.pem("other-ca.pem"), as: UTF8.self), to: front.path("ca.pem"))
            try await client.getTestPod()
            #expect(server.requests.count >= 2)
        }
    }

    @Test("T26 Impersonation is on requests and on upgrades, to the byte")
    func impersonation() async throws {
        let script: @Sendable (FakeAPIServer.Connection) -> Void = { connection in
            while connection.request() != nil {
                connection.answer(403, statusJSON(403, "Forbidden", "no"))
            }
        }
        try await withTLSFake(
            configure: { configuration, _ in
                configuration.identity.token = "t"
                configuration.identity.impersonatedUser = "jane"
                configuration.identity.impersonatedUID = "7"
                configuration.identity.impersonatedGroups = ["a", "b"]
                configuration.identity.impersonatedExtra = ["acme.io/Scope": ["x", "y"]]
            }, script
        ) { client, server, _ in
            await #expect(throws: KubernetesError.self) { try await client.getTestPod() }
            let exec = ExecRequest(namespace: "n", pod: "p", container: "c", command: ["true"])
            await #expect(throws: KubernetesError.self) { try await client.exec(exec) { _ in } }
            #expect(server.requests.count == 2)
            for request in server.requests {
                #expect(request.headers["authorization"] == ["Bearer t"])
                #expect(request.headers["impersonate-user"] == ["jane"])
                #expect(request.headers["impersonate-uid"] == ["7"])
                #expect(request.headers["impersonate-group"] == ["a", "b"])
                #expect(request.headers["impersonate-extra-acme.io%2fscope"] == ["x", "y"])
            }
            #expect(server.requests.last?.headers["upgrade"] == ["websocket"])
        }
    }

    @Test("T27 A redirect is an answer like another: nobody else gets the token")
    func redirects() async throws {
        let other = try FakeAPIServer(anyPods)
        defer { other.stop() }
        let target = "http://127.0.0.1:\(other.port)/"
        try await withTLSFake(
            configure: { configuration, _ in configuration.identity.token = "t" },
            { connection in
                while connection.request() != nil { connection.answer(302, "", headers: "Location: \(target)\r\n") }
            }
        ) { client, server, _ in
            let error = await #expect(throws: KubernetesError.self) { try await client.getTestPod() }
            #expect(error?.httpStatus == 302)
            #expect(server.requests.count == 1)
            #expect(other.requests.isEmpty)
        }
    }

    @Test("T28 No token, key or plugin's secret is in the log of anything that goes right or wrong")
    func logs() async throws {
        let record = LogRecord()
        try await Scratch.withDirectory { directory in
            let path = directory + "/plugin"
            try Scratch.write(
                """
                #!/bin/sh
                echo harmless words >&2
                [ -e '\(directory)/broken' ] && exit 1
                echo '{"apiVersion":"client.authentication.k8s.io/v1","status":{"token":"TOKEN-SECRET"}}'
                """, to: path)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            let answers = Mutex(0)
            try await withTLSFake(
                logger: record.logger,
                configure: { configuration, front in
                    configuration.identity.plugin = ExecPlugin(
                        apiVersion: "client.authentication.k8s.io/v1", command: path, arguments: ["ARGUMENT-SECRET"],
                        environment: ["X": "ENVIRONMENT-SECRET", "PATH": "/usr/bin:/bin"], installHint: "")
                    configuration.identity.impersonatedUser = "jane"
                    configuration.tls.clientCertificate = .file(front.path("alice.pem"))
                    configuration.tls.clientKey = .file(front.path("alice.key"))
                }
            ) { connection in
                while connection.request() != nil {
                    let count = answers.withLock { answers in
                        answers += 1
                        return answers
                    }
                    switch count {
                    case 1: connection.answer(500, "")
                    case 2: connection.answer(200, podJSON("p", uid: "u"), headers: "Warning: 299 - \"old\"\r\n")
                    default: connection.answer(401, statusJSON(401, "Unauthorized"))
                    }
                }
            } _: { client, _, front in
                try await client.getTestPod()
                try Scratch.write("", to: directory + "/broken")
                await #expect(throws: KubernetesError.self) { try await client.getTestPod() }
                await #expect(throws: KubernetesError.self) { try await client.getTestPod() }
                let log = record.all.joined(separator: "\n")
                // That what was to be seen was logged: the repeat, the warning, the plugin's words and its failure.
                for words in ["request is repeated", "old", "harmless words", "failed with exit code 1"] {
                    #expect(log.contains(words))
                }
                let key = String(decoding: try front.pem("alice.key"), as: UTF8.self).split(separator: "\n")[1]
                for secret in ["SECRET", "Bearer", String(key)] { #expect(!log.contains(secret)) }
            }
        }
    }

    /// A kubeconfig that somebody writes anew while the daemon runs: its credentials are followed, its current context
    /// and another server are not.
    @Test func kubeconfigsAreReadAgain() async throws {
        try await Scratch.withDirectory { directory in
            let record = LogRecord()
            let accepted = Mutex("Bearer one")
            let script = podsIf { request in accepted.withLock { request.headers["authorization"] == [$0] } }
            try await withTLSFake(script) { client, server, front in
                let path = directory + "/config"
                func write(_ token: String, server: String) throws {
                    try Scratch.write(
                        """
                        current-context: \(token)
                        contexts: [{name: one, context: {cluster: c, user: u}}]
                        clusters: [{name: c, cluster: {server: "\(server)", certificate-authority: \(front.path("ca.pem"))}}]
                        users: [{name: u, user: {token: \(token)}}]
                        """, to: path)
                }
                let address = "https://127.0.0.1:\(front.port)"
                try write("one", server: address)
                let configuration = try KubernetesConfiguration.load(environment: ["KUBECONFIG": path])
                try await withClient(configuration, logger: record.logger) { client in
                    try await client.getTestPod()
                    accepted.withLock { $0 = "Bearer two" }
                    try write("two", server: address)
                    try await client.getTestPod()
                    #expect(server.authorizations == ["Bearer one", "Bearer one", "Bearer two"])
                    // Neither broken nor pointing elsewhere does it change anything.
                    try Scratch.write("clusters: [", to: path)
                    await #expect(throws: KubernetesError.self) {
                        accepted.withLock { $0 = "Bearer three" }
                        try await client.getTestPod()
                    }
                    try write("three", server: "https://127.0.0.1:1")
                    await #expect(throws: KubernetesError.self) { try await client.getTestPod() }
                    accepted.withLock { $0 = "Bearer two" }
                    try await client.getTestPod()
                }
            }
            #expect(record.all.contains { $0.contains("cannot be used") })
            #expect(record.all.contains { $0.contains("another server") })
        }
    }
}
