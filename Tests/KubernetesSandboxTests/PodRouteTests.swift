import HTTPTransport
import KubernetesClient
import Logging
import Testing

@testable import KubernetesSandbox

/// Which way a request takes where both can fail; the API server and the "pod" are scripted, for a real pod does not
/// break on demand.
@Suite(.timeLimit(.minutes(1))) struct PodRouteTests {
    private static let podJSON =
        #"{"kind":"Pod","metadata":{"name":"p","namespace":"agents","uid":"u1","resourceVersion":"1"},"status":{"phase":"Running"}}"#

    private func withRoute(
        podPort: Int, pod answer: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Answer,
        _ body: (PodRoute, PodSpace, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try ScriptedServer { request, _ in answer(request) }
        defer { server.stop() }
        let http = try HTTPClient()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let configuration = KubernetesConfiguration(
            server: try ServerAddress("http://127.0.0.1:\(server.port)"), origin: "test")
        let client = KubernetesClient(configuration: configuration, http: http, logger: logger)
        let reach = ClusterReach(connect: .auto, client: client, http: http, logger: logger)
        let space = PodSpace(
            client: client, namespace: "agents",
            watcher: PodWatcher(client: client, namespace: "agents", labelSelector: "", logger: logger), reach: reach)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await reach.run() }
            do {
                try await body(Self.route("127.0.0.1", podPort, space), space, server)
            } catch {
                Issue.record(error)
            }
            group.cancelAll()
        }
        await http.shutdown()
    }

    private static func route(_ ip: String, _ port: Int, _ space: PodSpace) -> PodRoute {
        var pod = Pod(metadata: ObjectMetadata(name: "p", namespace: "agents", uid: "u1"), phase: "Running")
        pod.podIP = ip
        return PodRoute(pod: pod, port: port, space: space)
    }

    private static func forwards(_ server: ScriptedServer) -> Int {
        server.requests.count { $0.path.contains("/portforward") }
    }

    @Test("T94 a request that may have reached the pod is not sent again by another way")
    func aLostAnswer() async throws {
        // It takes the request and closes without an answer.
        let exec = try ScriptedServer { request, _ in request.method == "GET" ? (200, "{}") : nil }
        defer { exec.stop() }
        try await withRoute(podPort: Int(exec.port), pod: { _ in (200, Self.podJSON) }) {
            route, space, server async throws in
            let healthy = try await route.send(HTTPRequest(url: route.baseURL + "/health"))
            #expect(healthy.status == 200)
            #expect(space.reach.way == .ip)
            let error = await #expect(throws: HTTPError.self) {
                try await route.send(HTTPRequest(method: "POST", url: route.baseURL + "/v1/run", body: [1]))
            }
            #expect(error?.requestMayHaveReachedServer == true)
            #expect(exec.requests.count { $0.method == "POST" } == 1)
            #expect(Self.forwards(server) == 0)
        }
    }

    /// 255.255.255.255 is no address that TCP could connect to: the kernel says so at once, as it does without a route.
    @Test("T94 where the pod's IP is out of reach, the other way is tried while the pod is alive by the cluster's word")
    func theOtherWay() async throws {
        for isAlive in [true, false] {
            let exec = try ScriptedServer { _, _ in (200, "{}") }
            try await withRoute(
                podPort: Int(exec.port),
                pod: { request in
                    if request.path.contains("/portforward") {
                        return (
                            500, #"{"kind":"Status","status":"Failure","code":500,"message":"no forwarding today"}"#
                        )
                    }
                    return isAlive
                        ? (200, Self.podJSON)
                        : (
                            404,
                            #"{"kind":"Status","status":"Failure","code":404,"reason":"NotFound","message":"gone"}"#
                        )
                }
            ) { route, space, server async throws in
                let healthy = try await route.send(HTTPRequest(url: route.baseURL + "/health"))
                #expect(healthy.status == 200)
                exec.stop()
                let refused = await #expect(throws: HTTPError.self) {
                    try await route.send(HTTPRequest(method: "POST", url: route.baseURL + "/v1/run", body: [1]))
                }
                #expect(refused?.code == .connect && refused?.wasRefused == true)
                #expect(Self.forwards(server) == 0, "it is reached: nobody listens there")
                let far = Self.route("255.255.255.255", 8080, space)
                let error = await #expect(throws: HTTPError.self) {
                    try await far.send(HTTPRequest(method: "POST", url: far.baseURL + "/v1/run", body: [1]))
                }
                #expect(error?.code == .connect)
                #expect(error?.requestMayHaveReachedServer == false)
                #expect(Self.forwards(server) == (isAlive ? 1 : 0))
                #expect(error?.message.contains("no forwarding today") == isAlive)
                // A way that failed, too, is no better one.
                #expect(space.reach.way == .ip)
            }
        }
    }
}
