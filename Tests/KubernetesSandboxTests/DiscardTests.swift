import Foundation
import HTTPTransport
import Logging
import SessionManager
import Testing

@testable import KubernetesSandbox

/// Deleting pods whose node has gone silent for good, which a cluster of one node cannot show.
@Suite(.timeLimit(.minutes(1))) struct DiscardTests {
    /// Discards a pod whose grace period ended ten minutes ago; the bodies of the deletions.
    private func deletions(forceAfter: Duration?) async throws -> [String] {
        let due = Date(timeIntervalSinceNow: -600).formatted(.iso8601)
        let server = try ScriptedServer { _, _ in
            (
                200,
                #"""
                {"kind":"Pod","metadata":{"name":"p","namespace":"agents","uid":"u1","resourceVersion":"1",
                "deletionTimestamp":"\#(due)"},"spec":{"nodeName":"silent"},"status":{"phase":"Running"}}
                """#
            )
        }
        defer { server.stop() }
        let kubeconfig = FileManager.default.temporaryDirectory.path + "/discard-\(UInt64.random(in: 0...(.max)))"
        try """
        {current-context: x, clusters: [{name: c, cluster: {server: "http://127.0.0.1:\(server.port)"}}],
        contexts: [{name: x, context: {cluster: c}}]}
        """.write(toFile: kubeconfig, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: kubeconfig) }
        var settings = KubernetesSettings(instance: "test")
        settings.kubeConfigPath = kubeconfig
        settings.deletionTimeout = .seconds(3)
        settings.forceDeleteAfter = forceAfter
        let http = try HTTPClient()
        let provider = try KubernetesProvider(
            settings: settings, profiles: ["a": Fixtures.profile()], http: http, environment: [:], version: "test",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        // Nobody confirms the end: what was asked for is what counts here.
        await #expect(throws: (any Error).self) {
            try await provider.discard(DiscardTarget(name: "p", uid: "u1", nonce: "n1"))
        }
        await http.shutdown()
        return server.requests.filter { $0.method == "DELETE" }.map(\.body)
    }

    @Test func aPodIsRemovedByForceOnlyWhenItIsLongOverdueAndTheSettingSaysSo() async throws {
        for limit in [nil, Duration.seconds(3600)] {
            let bodies = try await deletions(forceAfter: limit)
            #expect(!bodies.isEmpty && bodies.allSatisfy { !$0.contains("gracePeriodSeconds") })
        }
        let forced = try await deletions(forceAfter: .seconds(300))
        #expect(forced.first?.contains(#""gracePeriodSeconds":0"#) == true)
        #expect(forced.first?.contains(#""uid":"u1""#) == true)
    }
}
