import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// The real cluster, with an API server that refuses a third of all requests.
@Suite(.serialized, .enabled(if: TestCluster.isAvailable, "needs a cluster: Tests/run --cluster"))
struct FaultyClusterTests {
    @Test(
        "three users, 120 commands, a third of all requests refused: nothing is replaced, nothing fails",
        .timeLimit(.minutes(5)), arguments: [SandboxRoute.httpBusybox, .apiBusybox])
    func aThirdOfAllRequestsIsRefused(_ route: SandboxRoute) async throws {
        let server = try FaultyAPIServer()
        defer { server.stop() }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("faulty-\(UUID()).yaml")
        try server.kubeconfig.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        try await TestDaemon.run(route, kubeconfig: file.path) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let first = try await client.open("shared", profile: route.profile).opened
                server.refuse(oneIn: 3)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for user in 1...3 {
                        group.addTask {
                            for number in 1...40 {
                                let (session, opened) = try await client.open("shared")
                                #expect(!opened.created)
                                #expect(opened.replaced == nil)
                                #expect(
                                    try await session.execute("echo \(user) \(number)").output == "\(user) \(number)\n")
                                if number.isMultiple(of: 10) {
                                    // What looks at the pod itself may say "unknown", never "dead".
                                    do {
                                        let answer = try await client.call(
                                            SessionIsAlive.self, .init(sessionID: "shared"))
                                        #expect(answer.alive)
                                    } catch let error as RPCError {
                                        #expect(error.code == -32008)
                                    }
                                }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                server.refuse(oneIn: 0)
                let last = try await client.open("shared").opened
                #expect(last.session.sandbox.uid == first.session.sandbox.uid)
                #expect(last.session.generation == 1)
                #expect(server.counts.refused > 0, "\(server.counts)")
                let events = try await client.call(EventsList.self, .init(sessionID: "shared")).events
                #expect(events.map(\.kind) == [.starting, .ready])
            }
            try await daemon.stop()
        }
    }
}
