import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// Warm pools, on this host and on the cluster.
@Suite(.serialized)
struct PoolTests {
    static var routes: [SandboxRoute] { SandboxRoute.available.filter { $0 == .local || $0 == .httpBusybox } }

    private func waitUntilFull(_ client: ControlClient, _ size: Int) async throws {
        while try await client.call(PoolStatus.self, .init()).pools.first?.ready != size {
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test(.timeLimit(.minutes(3)), arguments: routes)
    func aClaimIsWarmAndOutlivesItsDaemon(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route, pool: "{size: 2}") { test in
            let first = try await test.start()
            let before = try await first.client { client in
                try await waitUntilFull(client, 2)
                let status = try await client.call(DaemonStatus.self, .init())
                #expect(status.sessions.values.allSatisfy { $0 == 0 })
                let opened = try await client.call(
                    SessionGetOrCreate.self,
                    .init(sessionID: "warm", profile: "warm", labels: ["team": "search"], environment: ["WHO": "me"]))
                #expect(opened.created)
                #expect(opened.session.state == .ready)
                #expect(opened.session.generation == 1)
                // A pool's own name: it was there before.
                #expect(opened.session.sandbox.name.contains("pool"))
                let session = TestSession(client: client, id: "warm")
                #expect(try await session.execute("echo $WHO").output == "me\n")
                #expect(
                    try await session.run(["sh", "-c", "echo $WHO $HIM"], environment: ["HIM": "you"]).stdout
                        == "me you\n")
                try await session.write("kept.txt", "kept\n")
                try await waitUntilFull(client, 2)
                let profiles = try await client.call(ProfileList.self, .init()).profiles
                #expect(profiles.first { $0.name == "warm" }?.ready == 2)
                if route.isKubernetes { try await labelled(status.instanceID, opened.session.sandbox.name) }
                return try #require(opened.session.sandbox.uid)
            }
            await first.kill()

            let second = try await test.start()
            try await second.client { client in
                try await waitUntilFull(client, 2)
                let (session, opened) = try await client.open("warm")
                #expect(!opened.created)
                #expect(opened.session.sandbox.uid == before)
                #expect(try await session.execute("echo $WHO; cat kept.txt").output == "me\nkept\n")
                _ = try await client.call(SessionRelease.self, .init(sessionID: "warm"))
                // The next one gets another, and a clean one.
                let (next, other) = try await client.open("warm", profile: "warm")
                #expect(other.session.sandbox.uid != before)
                #expect(try await next.exists("kept.txt") == false)
                #expect(try await next.execute("echo [$WHO]").output == "[]\n")
            }
            try await second.stop()
        }
    }

    private func labelled(_ instance: String, _ pod: String) async throws {
        while try await TestCluster.kubectl(
            "-n", TestCluster.namespace, "get", "pods", "-l", "podkeeper.dev/instance=\(instance),team=search", "-o",
            "name") != "pod/\(pod)\n"
        {
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
