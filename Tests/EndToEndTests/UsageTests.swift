import ControlAPI
import ControlClient
import Testing

/// What sandboxes use, as far as something in them can tell.
@Suite(.serialized)
struct UsageTests {
    @Test(.timeLimit(.minutes(2)))
    func aSessionSaysWhatItUses() async throws {
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let (session, _) = try await client.open("used")
                _ = try await session.execute(
                    "head -c 3000000 /dev/zero > zeros; n=0; while [ $n -lt 200000 ]; do n=$((n+1)); done")
                let before = try await client.call(SessionGet.self, .init(sessionID: "used"))
                #expect(before.usage == nil)
                let asked = try await client.call(SessionGet.self, .init(sessionID: "used", usage: true))
                // Looking is no activity.
                #expect(asked.lastActivityAt == before.lastActivityAt)
                let usage = try #require(asked.usage)
                #expect(usage.cpuSeconds > 0)
                #expect(usage.memoryBytes > 1 << 20)
                #expect(usage.processes >= 1)
                #expect(try #require(usage.diskBytes) >= 3_000_000)
                let listed = try await client.call(SessionList.self, .init(usage: true)).sessions
                #expect(listed.map { $0.usage != nil } == [true])
            }
            try await daemon.stop()
        }
    }
}
