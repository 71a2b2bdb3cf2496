import HTTPTransport
import Logging
import Testing

@testable import KubernetesClient

/// Runs `body` with a client of a scripted server.
func withFake(
    _ script: @escaping @Sendable (FakeAPIServer.Connection) -> Void,
    _ body: (KubernetesClient, FakeAPIServer) async throws -> Void
) async throws {
    let server = try FakeAPIServer(script)
    defer { server.stop() }
    let http = try HTTPClient()
    let configuration = KubernetesConfiguration(
        server: try ServerAddress("http://127.0.0.1:\(server.port)/gate"), origin: "test")
    let client = KubernetesClient(
        configuration: configuration, http: http, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        version: "1.2")
    var failure: (any Error)?
    do {
        try await body(client, server)
    } catch {
        failure = error
    }
    await http.shutdown()
    if let failure { throw failure }
}

func podJSON(_ name: String, uid: String, version: String = "1", extra: String = "") -> String {
    #"{"kind":"Pod","metadata":{"name":"\#(name)","namespace":"n","uid":"\#(uid)","resourceVersion":"\#(version)"\#(extra)},"status":{"phase":"Running"}}"#
}

func listJSON(_ pods: [String], version: String, continueToken: String = "") -> String {
    #"{"kind":"PodList","metadata":{"resourceVersion":"\#(version)","continue":"\#(continueToken)"},"items":[\#(pods.joined(separator: ","))]}"#
}

func statusJSON(_ code: Int, _ reason: String, _ message: String = "m") -> String {
    #"{"kind":"Status","status":"Failure","code":\#(code),"reason":"\#(reason)","message":"\#(message)"}"#
}
