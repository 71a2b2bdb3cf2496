import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// What only a cluster can show: labels, starts that cannot succeed, and pods that others delete.
@Suite(.serialized, .enabled(if: TestCluster.isAvailable, "needs a cluster: Tests/run --cluster"))
struct KubernetesTests {
    @Test(.timeLimit(.minutes(2)))
    func podsCarryTheLabelsAndAnnotations() async throws {
        try await TestDaemon.run(.httpBusybox) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let opened = try await client.open("Überschrift/1", profile: "http-busybox").opened
                let instance = try await client.call(DaemonStatus.self, .init()).instanceID
                let text = try await TestCluster.kubectl(
                    "-n", TestCluster.namespace, "get", "pod", opened.session.sandbox.name, "-o", "json")
                let pod = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
                let labels = pod["metadata"]?["labels"]
                #expect(labels?["app.kubernetes.io/managed-by"] == "podkeeper")
                #expect(labels?["podkeeper.dev/instance"]?.stringValue == instance)
                #expect(labels?["podkeeper.dev/session"]?.stringValue?.isEmpty == false)
                let annotations = pod["metadata"]?["annotations"]
                #expect(annotations?["podkeeper.dev/session-id"] == "Überschrift/1")
                #expect(annotations?["podkeeper.dev/generation"] == "1")
                #expect(pod["metadata"]?["uid"]?.stringValue == opened.session.sandbox.uid)
                // Nothing in the pod that shows the token itself.
                let environment = pod["spec"]?["containers"]?.arrayValue?.first?["env"]?.arrayValue ?? []
                #expect(!environment.contains { $0["name"] == "SANDBOX_EXEC_TOKEN" })
                #expect(environment.contains { $0["name"] == "SANDBOX_EXEC_TOKEN_SHA256" })
            }
            try await daemon.stop()
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func anImageThatCannotBePulledFailsEarlyWithItsCause() async throws {
        try await TestDaemon.run(.httpBusybox) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                await #expect(
                    performing: { _ = try await client.open("doomed", profile: "no-such-image") },
                    throws: { error in
                        guard let error = error as? RPCError else { return false }
                        return error.code == -32003 && error.data?["phase"] == "pull"
                            && error.message.contains("127.0.0.1:9/none:1")
                    })
                // Nothing is called gone before it is: the failed pod's deletion is confirmed first.
                while try await client.call(SessionList.self, .init()).total > 0 {
                    try await Task.sleep(for: .milliseconds(200))
                }
            }
            try await daemon.stop()
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: SandboxRoute.onKubernetes)
    func aPodThatSomebodyDeletesIsGoneAndReplaced(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let (session, first) = try await client.open("victim", profile: route.profile)
                try await TestCluster.kubectl(
                    "-n", TestCluster.namespace, "delete", "pod", first.session.sandbox.name, "--grace-period=1")
                await #expect(
                    performing: { _ = try await session.execute("true") },
                    throws: { ($0 as? RPCError)?.code == -32004 })
                await #expect(
                    performing: {
                        _ = try await client.call(SessionGetOrCreate.self, .init(sessionID: "victim", attach: true))
                    }, throws: { ($0 as? RPCError)?.code == -32004 })
                let second = try await client.open("victim", profile: route.profile).opened
                #expect(second.replaced == .init(generation: 1, reason: "deleted"))
                #expect(second.session.generation == 2)
                #expect(try await session.execute("echo again").output == "again\n")
            }
            try await daemon.stop()
        }
    }
}
