import Foundation
import Glibc
import HTTPTransport
import Testing

@testable import KubernetesClient

@Suite(.timeLimit(.minutes(2))) struct ProxyTests {
    @Test(
        "T18 The environment's proxy, by Go's rules",
        arguments: [
            (["HTTPS_PROXY": "http://p:1"], "https://h", "http://p:1"),
            (["https_proxy": "p:1"], "https://h", "http://p:1"),
            (["HTTPS_PROXY": "socks5://p:1"], "https://h", "socks5h://p:1"),
            (["HTTP_PROXY": "http://p:1"], "https://h", nil), (["HTTP_PROXY": "http://p:1"], "http://h", "http://p:1"),
            (["ALL_PROXY": "http://p:1", "all_proxy": "http://p:1"], "https://h", nil),
            (["HTTPS_PROXY": "ftp://p:1"], "https://h", nil),
            (["HTTPS_PROXY": "p:1"], "https://localhost:6443", nil), (["HTTPS_PROXY": "p:1"], "https://127.8.0.1", nil),
            (["HTTPS_PROXY": "p:1"], "https://[::1]:6443", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "*"], "https://h", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "a, 10.0.0.0/8"], "https://10.96.0.1:443", nil),
            (["HTTPS_PROXY": "p:1", "no_proxy": "10.96.0.0/17"], "https://10.96.128.1", "http://p:1"),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "10.96.0.1"], "https://10.96.0.1", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "10.96.0.1:6443"], "https://10.96.0.1", "http://p:1"),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "10.96.0.1:443"], "https://10.96.0.1", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "fd00::/8"], "https://[fd12::1]:443", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "example.test"], "https://api.Example.test", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "example.test"], "https://example.test", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "example.test"], "https://badexample.test", "http://p:1"),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": ".example.test"], "https://example.test", "http://p:1"),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "*.example.test"], "https://a.example.test", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "10.0.0.0/99,10.0.0.0/x,/8,:1,."], "https://10.0.0.1", "http://p:1"),
        ] as [([String: String], String, String?)])
    func environment(_ environment: [String: String], _ server: String, _ proxy: String?) throws {
        #expect(ProxyEnvironment(environment).proxy(for: try ServerAddress(server)) == proxy)
    }

    @Test("T18 A kubeconfig's proxy-url wins over the environment") func precedence() throws {
        func load(_ proxy: String) throws -> String? {
            let yaml = """
                {current-context: x, clusters: [{name: c, cluster: {server: "https://h", proxy-url: "\(proxy)"}}],
                contexts: [{name: x, context: {cluster: c}}]}
                """
            return try KubeconfigTests.Disk(files: ["/k": yaml])
                .load(path: "/k", environment: ["HTTPS_PROXY": "http://env:1", "ALL_PROXY": "http://all:1"]).proxy
        }
        #expect(try load("https://file:2") == "https://file:2")
        #expect(try load("") == "http://env:1")
    }

    @Test("T18 libcurl itself asks no environment")
    func noProxyUnasked() async throws {
        let proxy = try FakeAPIServer(anyPods)
        defer { proxy.stop() }
        // For this process and so for every test in it: nothing may be led there.
        setenv("ALL_PROXY", "http://127.0.0.1:\(proxy.port)", 1)
        setenv("all_proxy", "http://127.0.0.1:\(proxy.port)", 1)
        defer {
            unsetenv("ALL_PROXY")
            unsetenv("all_proxy")
        }
        try await withTLSFake(anyPods) { client, server, _ in
            try await client.getTestPod()
            #expect(server.requests.count == 1)
        }
        #expect(proxy.requests.isEmpty)
    }

    @Test("T17 A proxy's refusal is told apart from the server's")
    func proxyRefuses() async throws {
        let proxy = try FakeAPIServer { connection in
            while connection.request() != nil {
                connection.answer(407, "who are you", headers: "Proxy-Authenticate: Basic realm=\"x\"\r\n")
            }
        }
        defer { proxy.stop() }
        try await withTLSFake(
            configure: { configuration, _ in configuration.proxy = "http://u:secret@127.0.0.1:\(proxy.port)" }, anyPods
        ) { client, server, front in
            // An upgrade: requests would be tried again until their time is over.
            let exec = ExecRequest(namespace: "n", pod: "p", container: "c", command: ["true"])
            let error = await #expect(throws: KubernetesError.self) { try await client.exec(exec) { _ in } }
            #expect(error?.kind == .transport)
            #expect(error?.message.contains("proxy") == true && error?.message.contains("407") == true)
            #expect(error?.message.contains("secret") == false)
            #expect(error?.requestMayHaveReachedServer == false)
            let request = try #require(proxy.requests.first)
            #expect(request.method == "CONNECT")
            #expect(request.target == "127.0.0.1:\(front.port)")
            #expect(request.headers["proxy-authorization"] == ["Basic dTpzZWNyZXQ="])
            #expect(request.headers["authorization"] == nil)
            #expect(server.requests.isEmpty)
        }
    }

    @Test("T17 Requests and upgrades go through the proxy's tunnel")
    func tunnel() async throws {
        let proxy = try FakeAPIServer { connection in
            guard let request = connection.request(), let port = request.target.split(separator: ":").last else {
                return
            }
            connection.send("HTTP/1.1 200 Connected\r\n\r\n")
            connection.relay(toPort: UInt16(port) ?? 0)
        }
        defer { proxy.stop() }
        let script: @Sendable (FakeAPIServer.Connection) -> Void = { connection in
            while connection.request() != nil { connection.answer(403, statusJSON(403, "Forbidden", "no")) }
        }
        try await withTLSFake(
            configure: { configuration, _ in configuration.proxy = "http://127.0.0.1:\(proxy.port)" }, script
        ) { client, server, _ in
            let read = await #expect(throws: KubernetesError.self) { try await client.getTestPod() }
            #expect(read?.kind == .forbidden)
            let exec = ExecRequest(namespace: "n", pod: "p", container: "c", command: ["true"])
            let upgrade = await #expect(throws: KubernetesError.self) { try await client.exec(exec) { _ in } }
            #expect(upgrade?.kind == .forbidden)
            #expect(proxy.requests.map(\.method) == ["CONNECT", "CONNECT"])
            #expect(server.requests.count == 2)
        }
    }

    /// The proxy is given the name, which no resolver here knows (RFC 1928, address type 3).
    @Test("T17 A SOCKS proxy resolves the server's name")
    func socks() async throws {
        let server = try FakeAPIServer { connection in
            guard let greeting = connection.bytes(2), connection.bytes(Int(greeting[1])) != nil else { return }
            connection.send([5, 0])
            guard let head = connection.bytes(5), head.prefix(4) == [5, 1, 0, 3],
                let name = connection.bytes(Int(head[4])),
                String(decoding: name, as: UTF8.self) == "api.podkeeper.test", connection.bytes(2) == [0x1F, 0x90]
            else { return }
            connection.send([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            anyPods(connection)
        }
        defer { server.stop() }
        var configuration = KubernetesConfiguration(
            server: try ServerAddress("http://api.podkeeper.test:8080"), origin: "test")
        configuration.proxy = ProxyURL.forTransport("socks5://127.0.0.1:\(server.port)")
        try await withClient(configuration) { try await $0.getTestPod() }
        #expect(server.requests.count == 1)
    }
}
