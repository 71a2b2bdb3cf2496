import ExecAPI
import ExecClient
import Foundation
import HTTPTransport
import KubernetesClient
import SandboxCore
import SessionManager
import Synchronization
import Testing

@testable import KubernetesSandbox

/// The ways to an exec server in a real pod: its IP, a port-forward, `pods/proxy`.
@Suite(.enabled(if: RealCluster.hasExecd), .serialized, .timeLimit(.minutes(3))) struct ClusterReachTests {
    private func use(
        _ connect: Connect, _ body: (KubernetesProvider, StartedSandbox) async throws -> Void
    ) async throws {
        let profile = RealCluster.profile {
            $0.mode = .http
            $0.execdImage = RealCluster.execdImage
        }
        try await RealCluster.use(["default": profile], connect: connect) { provider in
            try await body(provider, try await provider.start(RealCluster.claim(provider)))
        }
    }

    private func route(_ provider: KubernetesProvider, _ started: StartedSandbox, port: Int = 8080) async throws
        -> PodRoute
    {
        let space = try #require(provider.spaces.space(ofProfile: "default"))
        let pod = try await space.client.getPod(namespace: space.namespace, name: started.info.name)
        return PodRoute(pod: pod, port: port, space: space)
    }

    private static func reply(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\\r\\nContent-Type: text/plain\\r\\nContent-Length: \(body.utf8.count)\\r\\nConnection: close\\r\\n\\r\\n\(body)"
    }

    /// A server of another making on port 9000 of the pod: answers one request as told and notes what it got.
    private func withServer(
        _ sandbox: any Sandbox, _ reply: String, _ body: () async throws -> Void
    ) async throws -> String {
        // An answer that comes before the request is none to the API server's proxy.
        let script = """
            rm -f got; (until [ -s got ]; do sleep 0.05; done; printf '\(reply)') | setsid nc -l -p 9000 >got 2>/dev/null &
            until netstat -ltn | grep -q :9000; do sleep 0.05; done
            """
        _ = try await sandbox.execute(script, timeout: .seconds(20))
        try await body()
        return try await sandbox.execute("cat got", timeout: .seconds(20)).output
    }

    @Test(
        "T97 every way works when it is chosen, and auto picks the IP of a runc pod that answers",
        arguments: Connect.allCases)
    func everyWay(connect: Connect) async throws {
        try await use(connect) { provider, started in
            let sandbox = started.sandbox
            let result = try await sandbox.execute("echo out; echo err >&2; exit 3", timeout: .seconds(20))
            #expect(result == ExecuteResult(output: "out\nerr\n", exitCode: 3))
            let bytes = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) }
            let path = try SandboxPath("big.bin")
            #expect(try await sandbox.write(path, contents: bytes, mode: nil) == bytes.count)
            #expect(try await sandbox.readBytes(path, offset: 0, length: bytes.count).bytes == bytes)
            let missing = await #expect(throws: SandboxError.self) {
                try await sandbox.readBytes(try SandboxPath("missing"), offset: 0, length: 1)
            }
            #expect(missing?.kind == .file(.notFound))
            let expected = [Connect.auto: "ip (auto: ", .ip: "ip (", .portForward: "port_forward (", .proxy: "proxy ("]
            #expect(provider.details["connect"]?.hasPrefix(expected[connect] ?? "?") == true)
            let claim = try RealCluster.claim(provider)
            guard case .adopted(let adopted) = await provider.adopt(claim, info: started.info)
            else {
                Issue.record("not adopted")
                return
            }
            #expect(
                try await adopted.sandbox.execute("wc -c <big.bin", timeout: .seconds(20)).output == "\(bytes.count)\n")
        }
    }

    @Test("T93 a thousand requests share one port-forward, and a big stream comes through it whole")
    func keepAliveAndStream() async throws {
        try await use(.portForward) { provider, started in
            let space = try #require(provider.spaces.space(ofProfile: "default"))
            let count = Mutex(0)
            let (tunnels, feed) = AsyncStream.makeStream(of: PortTunnel.self)
            let dialer = HTTPDialer { dialer, connection in
                count.withLock { $0 += 1 }
                feed.yield(
                    PortTunnel(
                        client: space.client, http: space.reach.http, namespace: space.namespace,
                        pod: started.info.name,
                        port: 8080, dialer: dialer, connection: connection, history: PortHistory()))
                return true
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await withDiscardingTaskGroup { running in
                        for await tunnel in tunnels { running.addTask { await tunnel.run() } }
                        running.cancelAll()
                    }
                }
                let connection = ExecConnection(
                    http: space.reach.http, baseURL: "http://pod:8080", endpoint: HTTPEndpoint(dialer: dialer),
                    token: "t0ken")
                for _ in 0..<1000 { #expect(try await connection.health()) }
                #expect(count.withLock { $0 } == 1)

                let sandbox = ExecSandbox(connection: connection, workDirectory: "/workspace")
                let total = 64 << 20
                let sum = Mutex((bytes: 0, wrong: 0))
                let run = RunRequest(
                    argv: ["sh", "-c", "yes 0123456 | head -c \(total)"], runID: "stream", timeout: .seconds(150),
                    outputLimit: .max)
                let end = try await sandbox.run(run) { chunk in
                    sum.withLock { sum in
                        // Each byte is known by its offset: a lost, doubled or swapped piece shows.
                        for (index, byte) in chunk.bytes.enumerated() {
                            let place = UInt8(truncatingIfNeeded: (sum.bytes + index) % 8)
                            if byte != (place == 7 ? 10 : 48 + place) { sum.wrong += 1 }
                        }
                        sum.bytes += chunk.bytes.count
                    }
                }
                #expect(end.outcome == .exited(code: 0))
                #expect(sum.withLock { $0.bytes } == total)
                #expect(sum.withLock { $0.wrong } == 0)
                feed.finish()
                group.cancelAll()
            }
        }
    }

    /// The pod's refusal comes before the request's two seconds are over: else the error would be a timeout.
    @Test("T94 a port that nobody listens on is a typed error, and the next request works")
    func refused() async throws {
        try await use(.portForward) { provider, started in
            let closed = try await route(provider, started, port: 9)
            for _ in 0..<3 {
                let error = await #expect(throws: HTTPError.self) {
                    try await closed.send(
                        HTTPRequest(method: "POST", url: closed.baseURL + "/x", body: [1], timeout: .seconds(2)))
                }
                #expect(error?.code == .connect)
                #expect(error?.requestMayHaveReachedServer == false)
                #expect(error?.message.lowercased().contains("refused") == true, "\(error?.message ?? "")")
                #expect(try await started.sandbox.execute("echo on", timeout: .seconds(20)).output == "on\n")
            }
        }
    }

    @Test("T95 through pods/proxy output streams while the command runs")
    func proxyStreams() async throws {
        try await use(.proxy) { _, started in
            let sandbox = started.sandbox
            let run = RunRequest(
                argv: ["sh", "-c", "echo first; until [ -e go ]; do sleep 0.02; done; echo second"], runID: "s",
                timeout: .seconds(60))
            let output = OutputCollector()
            let end = try await sandbox.run(run) { (chunk) throws(SandboxError) in
                output.take(chunk)
                // The command goes on only because its first output is here already.
                if output.stdout == Array("first\n".utf8) {
                    _ = try await sandbox.write(try SandboxPath("go"), contents: [], mode: nil)
                }
            }
            #expect(end.outcome == .exited(code: 0))
            #expect(output.stdout == Array("first\nsecond\n".utf8))
        }
    }

    @Test("T95 the server behind pods/proxy gets the sandbox's token and no Authorization")
    func proxyHeaders() async throws {
        try await use(.proxy) { provider, started in
            let route = try await route(provider, started, port: 9000)
            let got = try await withServer(started.sandbox, Self.reply("200 OK", "hi")) {
                let response = try await route.send(
                    HTTPRequest(
                        url: route.baseURL + "/some/path?q=a%20b",
                        headers: [ExecHeader.token: "t0ken", "Authorization": "Bearer never"]))
                #expect(response.body == Array("hi".utf8))
            }
            #expect(got.contains("GET /some/path?q=a%20b HTTP/1.1"))
            #expect(got.lowercased().contains("x-sandbox-token: t0ken"))
            #expect(!got.lowercased().contains("authorization"))
        }
    }

    @Test("T96 a pod that does not listen is the API server's 503, and the server's own 503 is its own")
    func proxyErrors() async throws {
        try await use(.proxy) { provider, started in
            let route = try await route(provider, started, port: 9000)
            let request = HTTPRequest(method: "POST", url: route.baseURL + "/x", body: [1])
            let error = await #expect(throws: HTTPError.self) { try await route.send(request) }
            #expect(error?.code == .proxy)
            #expect(error?.requestMayHaveReachedServer == false)
            #expect(error?.message.contains("refused") == true)
            _ = try await withServer(started.sandbox, Self.reply("503 Busy", "own words")) {
                let response = try await route.send(request)
                #expect(response.status == 503)
                #expect(response.body == Array("own words".utf8))
            }
        }
    }
}
