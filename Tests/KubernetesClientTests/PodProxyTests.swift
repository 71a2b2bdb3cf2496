import HTTPTransport
import Synchronization
import Testing

@testable import KubernetesClient

/// `pods/proxy`, with the API server's own answers in the words of apimachinery's `util/proxy/transport.go`.
@Suite struct PodProxyTests {
    private static func proxy(_ client: KubernetesClient) throws -> PodProxy {
        try PodProxy(client: client, namespace: "n", pod: "p", port: 8080, marker: "X-Execd")
    }

    private static let refused = "error trying to reach service: dial tcp 10.244.0.9:8080: connect: connection refused"

    @Test("T95 the request's path is the pod's, its headers and body arrive, the host is the API server's")
    func theRequest() async throws {
        try await withFake({ connection in
            while let request = connection.request() {
                connection.answer(200, request.body, headers: "X-Execd: 1\r\n")
            }
        }) { client, fake in
            let request = HTTPRequest(
                method: "POST", url: "http://elsewhere:1/v1/run?a=b%20c",
                headers: ["X-Sandbox-Token": "t", "Authorization": "Bearer x"], body: [65])
            let response = try await Self.proxy(client).send(request)
            #expect(response.body == [65])
            let sent = try #require(fake.requests.first)
            #expect(sent.method == "POST")
            #expect(sent.target == "/gate/api/v1/namespaces/n/pods/http%3Ap%3A8080/proxy/v1/run?a=b%20c")
            #expect(sent.headers["host"] == ["127.0.0.1:\(fake.port)"])
            #expect(sent.headers["x-sandbox-token"] == ["t"])
            #expect(sent.headers["authorization"] == nil)
            #expect(sent.headers["user-agent"]?.count == 1)
        }
    }

    @Test(
        "T96 the API server's own answers are told from the server's in the pod",
        arguments: [
            (503, Self.refused, false), (503, "error trying to reach service: EOF", true),
            (403, "cannot create resource \"pods/proxy\"", false), (404, "pods \"p\" not found", false),
        ])
    func ownAnswers(code: Int, words: String, mayHaveReached: Bool) async throws {
        let status = statusJSON(code, "", words.replacing("\"", with: "\\\""))
        try await withFake({ connection in
            guard let request = connection.request() else { return }
            // The very same body, once from the API server and once from the pod.
            connection.answer(
                code, status, headers: request.target.hasSuffix("/pod") ? "X-Execd: 1\r\n" : "")
        }) { client, _ in
            let proxy = try Self.proxy(client)
            for isStream in [false, true] {
                func send(_ path: String) async throws -> (Int, [UInt8]) {
                    let request = HTTPRequest(method: "POST", url: "http://p\(path)", body: [])
                    guard isStream else {
                        let response = try await proxy.send(request)
                        return (response.status, response.body)
                    }
                    var body: [UInt8] = []
                    let head = try await proxy.stream(request) { _ in
                    } onChunk: {
                        body += $0
                    }
                    return (head.status, body)
                }
                let error = await #expect(throws: HTTPError.self) { _ = try await send("/api") }
                #expect(error?.code == .proxy)
                #expect(error?.message.contains(words) == true)
                #expect(error?.requestMayHaveReachedServer == mayHaveReached)
                let answer = try await send("/pod")
                #expect(answer.0 == code)
                #expect(answer.1 == Array(status.utf8))
            }
        }
    }

    @Test("T96 a server in the pod without the header has its say, unless it speaks as an API server")
    func unmarked() async throws {
        try await withFake({ connection in
            guard connection.request() != nil else { return }
            connection.answer(503, "busy", headers: "Content-Type: text/plain\r\n")
        }) { client, _ in
            let proxy = try Self.proxy(client)
            #expect(try await proxy.send(HTTPRequest(url: "http://p/exec")).status == 503)
            var heads: [Int] = []
            var body: [UInt8] = []
            _ = try await proxy.stream(HTTPRequest(url: "http://p/exec")) {
                heads.append($0.status)
            } onChunk: {
                body += $0
            }
            #expect(heads == [503])
            #expect(body == Array("busy".utf8))
        }
    }
}
