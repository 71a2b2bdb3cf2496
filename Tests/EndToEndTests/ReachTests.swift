import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// A daemon to which pods' IPs are out of reach, or become so.
@Suite(
    .serialized, .timeLimit(.minutes(3)),
    .enabled("needs root and a cluster on this host's loopback: Tests/run --cluster") { await TestNetwork.isPossible })
struct ReachTests {
    private func connect(_ client: ControlClient) async throws -> String? {
        try await client.call(DaemonStatus.self, .init()).backendDetails?["connect"]
    }

    @Test("T97 without a way to pod IPs, http mode works through port-forward, and status says so")
    func podsOutOfReach() async throws {
        try await TestNetwork.use { network in
            try await network.cutOffPods()
            try await TestDaemon.run(.httpBusybox, network: network) { test in
                let daemon = try await test.start()
                try await daemon.client { client in
                    let (session, _) = try await client.open("far", profile: "http-busybox")
                    #expect(try await session.execute("echo hello; exit 3").exitCode == 3)
                    #expect(try await connect(client)?.hasPrefix("port_forward (auto: ") == true)
                    let status = try await Command.run(
                        TestDaemon.program("podkeeper"), ["--socket", test.socket, "status"])
                    #expect(status.contains("port_forward (auto: "))

                    let bytes = (0..<(6 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 11) }
                    #expect(try await session.write("big.bin", bytes: bytes) == bytes.count)
                    var read: [UInt8] = []
                    while case let more = try await session.readBytes(
                        "big.bin", offset: Int64(read.count), length: 1 << 20),
                        !more.isEmpty
                    {
                        read += more
                    }
                    #expect(read == bytes)

                    let streamed = try await Command.run(
                        TestDaemon.program("podkeeper"),
                        ["--socket", test.socket, "exec", "far", "--", "seq", "500000"])
                    #expect(streamed == (1...500_000).map { "\($0)\n" }.joined())

                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for index in 0..<50 {
                            group.addTask {
                                let result = try await session.execute("echo \(index)")
                                #expect(result.output == "\(index)\n")
                            }
                        }
                        try await group.waitForAll()
                    }
                }
                #expect(daemon.logText.contains("exec servers are reached by port_forward"))
                try await daemon.stop()
            }
        }
    }

    @Test("T97 a way that stops working strands no session: the other one takes over")
    func theNetworkChanges() async throws {
        try await TestNetwork.use { network in
            try await TestDaemon.run(.httpBusybox, network: network) { test in
                let daemon = try await test.start()
                try await daemon.client { client in
                    let (session, opened) = try await client.open("moved", profile: "http-busybox")
                    #expect(try await connect(client)?.hasPrefix("ip (auto: ") == true)
                    #expect(try await session.execute("echo near").output == "near\n")
                    try await network.cutOffPods()
                    #expect(try await session.execute("echo far").output == "far\n")
                    #expect(try await connect(client)?.hasPrefix("port_forward (auto: ") == true)
                    // The same sandbox, and a new one.
                    #expect(try await client.open("moved").opened.session.sandbox.uid == opened.session.sandbox.uid)
                    let (second, _) = try await client.open("new", profile: "http-busybox")
                    #expect(try await second.execute("echo new").output == "new\n")
                }
                try await daemon.stop()
            }
        }
    }
}
