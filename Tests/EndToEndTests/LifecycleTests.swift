import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// A session's life from its first request to the end of its sandbox, crashes of the daemon included.
@Suite(.serialized)
struct LifecycleTests {
    private func code(_ expected: Int) -> (any Error) -> Bool {
        { ($0 as? RPCError)?.code == expected }
    }

    @Test(
        "a command three times the idle timeout is not reaped; the clock starts when it ends",
        .timeLimit(.minutes(3)), arguments: SandboxRoute.available)
    func anIdleSessionIsReaped(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route, sessions: "{idle_timeout: 6}") { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let (session, opened) = try await client.open("idle", profile: route.profile)
                #expect(opened.created)
                #expect(opened.session.idleTimeout == 6)
                // A running command is activity, and the clock starts when it ends.
                let length = route == .local || route == .httpBusybox ? 18 : 9
                #expect(try await session.execute("sleep \(length); echo done").output == "done\n")
                let after = try await client.call(SessionGet.self, .init(sessionID: "idle"))
                #expect(after.state == .ready)
                #expect(after.generation == 1)
                #expect(after.idleSeconds < 6)
                #expect(try await client.call(SessionIsAlive.self, .init(sessionID: "idle")).alive)
                try await until {
                    do {
                        let session = try await client.call(SessionGet.self, .init(sessionID: "idle"))
                        return session.state == .stopping
                    } catch let error as RPCError where error.code == -32001 {
                        return true
                    }
                }
                try await until { try await client.call(SessionList.self, .init()).total == 0 }
                if route.isKubernetes {
                    let status = try await client.call(DaemonStatus.self, .init())
                    try await until { try await TestCluster.pods(instance: status.instanceID).isEmpty }
                }
                await #expect(performing: { _ = try await session.execute("true") }, throws: code(-32001))
            }
            try await daemon.stop()
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: SandboxRoute.available)
    func fiveSessionsSurviveAKilledDaemon(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route) { test in
            let first = try await test.start()
            let before = try await first.client { client in
                var uids: [String: String] = [:]
                for number in 1...5 {
                    let (session, opened) = try await client.open("s\(number)", profile: route.profile)
                    try await session.write("mine.txt", "of s\(number)\n")
                    uids["s\(number)"] = opened.session.sandbox.uid
                }
                return uids
            }
            await first.kill()

            let second = try await test.start()
            try await second.client { client in
                let sessions = try await client.call(SessionList.self, .init()).sessions
                #expect(Dictionary(uniqueKeysWithValues: sessions.map { ($0.sessionID, $0.sandbox.uid) }) == before)
                for number in 1...5 {
                    let (session, opened) = try await client.open("s\(number)")
                    #expect(!opened.created)
                    #expect(try await session.execute("cat mine.txt; echo $((6 * 7))").output == "of s\(number)\n42\n")
                }
                if route.isKubernetes {
                    let status = try await client.call(DaemonStatus.self, .init())
                    #expect(try await TestCluster.pods(instance: status.instanceID) == Set(before.values))
                }
            }
            try await second.stop()
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: SandboxRoute.available)
    func idsThatLookAlikeLiveSideBySide(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let (upper, first) = try await client.open("User.A", profile: route.profile)
                let (lower, second) = try await client.open("user-a", profile: route.profile)
                #expect(first.session.sandbox.name != second.session.sandbox.name)
                try await upper.write("who.txt", "User.A")
                try await lower.write("who.txt", "user-a")
                #expect(try await upper.execute("cat who.txt").output == "User.A")
                #expect(try await lower.execute("cat who.txt").output == "user-a")
            }
            try await daemon.stop()
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: SandboxRoute.available)
    func aReleasedIDIsFreeAtOnce(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let (session, first) = try await client.open("again", profile: route.profile)
                try await session.write("left-behind.txt", "x")
                #expect(try await client.call(SessionRelease.self, .init(sessionID: "again", wait: false)).released)
                let (next, second) = try await client.open("again", profile: route.profile)
                #expect(second.created)
                #expect(second.session.generation == first.session.generation + 1)
                #expect(second.session.sandbox.name != first.session.sandbox.name)
                #expect(try await next.exists("left-behind.txt") == false)
                #expect(try await client.call(SessionRelease.self, .init(sessionID: "again")).released)
                #expect(try await client.call(SessionRelease.self, .init(sessionID: "again")).released == false)
            }
            try await daemon.stop()
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: SandboxRoute.available)
    func theLimitHoldsUnderConcurrency(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route, sessions: "{max_sessions: 2}") { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let outcomes = await withTaskGroup(of: Bool.self) { group in
                    for number in 1...10 {
                        group.addTask {
                            do {
                                _ = try await client.open("limit-\(number)", profile: route.profile)
                                return true
                            } catch {
                                return (error as? RPCError)?.code == -32002
                                    ? false
                                    : {
                                        Issue.record(error); return false
                                    }()
                            }
                        }
                    }
                    return await group.reduce(into: [Bool]()) { $0.append($1) }
                }
                #expect(outcomes.count { $0 } == 2)
                let total = try await client.call(SessionList.self, .init()).total
                #expect(total == 2)
            }
            try await daemon.stop()
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: SandboxRoute.available)
    func fiftyRequestsForOneIDShareOneStart(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let opened = try await withThrowingTaskGroup(of: OpenedSession.self) { group in
                    for _ in 1...50 { group.addTask { try await client.open("one", profile: route.profile).opened } }
                    return try await group.reduce(into: [OpenedSession]()) { $0.append($1) }
                }
                #expect(Set(opened.map(\.session.sandbox.uid)).count == 1)
                #expect(opened.count(where: \.created) == 1)
            }
            try await daemon.stop()
        }
    }
}
