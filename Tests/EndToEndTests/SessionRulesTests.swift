import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// The rules of sessions as a client sees them, on every backend that is at hand.
@Suite(.serialized)
struct SessionRulesTests {
    /// A start is a start on each of them: two are enough.
    static var routes: [SandboxRoute] { SandboxRoute.available.filter { $0 == .local || $0 == .httpBusybox } }

    @Test(
        "a release during a start is true, and leaves neither row nor pod", .timeLimit(.minutes(2)),
        arguments: routes)
    func aReleaseDuringAStart(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let opened = try await client.call(
                    SessionGetOrCreate.self, .init(sessionID: "brief", profile: route.profile, wait: false))
                #expect(opened.session.state == .starting)
                #expect(try await client.call(SessionRelease.self, .init(sessionID: "brief")).released)
                #expect(try await client.call(SessionList.self, .init()).total == 0)
                let history = try await client.call(SessionHistory.self, .init(sessionID: "brief")).sessions
                #expect(history.map(\.reason) == ["released"])
                if route.isKubernetes {
                    let instance = try await client.call(DaemonStatus.self, .init()).instanceID
                    #expect(try await TestCluster.pods(instance: instance).isEmpty)
                }
            }
            try await daemon.stop()
        }
    }

    @Test(
        "a client that disconnects during a start finds the session afterwards",
        .timeLimit(.minutes(2)), arguments: routes)
    func aClientThatDisconnectsDuringAStart(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route) { test in
            let daemon = try await test.start()
            let hasty = try await ControlClient.connect(path: daemon.socket)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await hasty.open("mine", profile: route.profile) }
                try await daemon.client { client in
                    try await until { try await client.call(SessionList.self, .init()).total == 1 }
                    await hasty.close()
                    let opened = try await client.open("mine", profile: route.profile).opened
                    #expect(!opened.created, "the start that the other client asked for went on")
                    #expect(opened.session.generation == 1)
                }
                try await group.waitForAll()
            }
            try await daemon.stop()
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: routes)
    func theQueueServesFourIDsTwoAtATime(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route, sessions: "{max_sessions: 2, at_limit: queue}") { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...4 {
                        group.addTask {
                            let opened = try await client.open("q-\(number)", profile: route.profile).opened
                            #expect(opened.created)
                            _ = try await client.call(SessionRelease.self, .init(sessionID: "q-\(number)", wait: false))
                        }
                    }
                    try await group.waitForAll()
                }
                let events = try await client.call(EventsList.self, .init(limit: 1000)).events
                // Starts that are not over yet, as the events have it: never more than two.
                var live = 0
                for event in events {
                    if event.kind == .starting { live += 1 }
                    if event.kind == .stopping { live -= 1 }
                    #expect(live <= 2)
                }
                #expect(events.count { $0.kind == .starting } == 4)
                #expect(events.contains { $0.kind == .queued })
            }
            try await daemon.stop()
        }
    }

    @Test("explain, update and history over the socket", .timeLimit(.minutes(2)))
    func explainUpdateAndHistory() async throws {
        try await TestDaemon.run(.local, sessions: "{idle_timeout: 600}") { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let (session, _) = try await client.open("one")
                var explained = try await client.call(SessionExplain.self, .init(sessionID: "one"))
                #expect(explained.setting == "sessions.idle_timeout")
                #expect(explained.reapAt != nil)
                async let running = session.run(["sleep", "2"])
                try await until {
                    explained = try await client.call(SessionExplain.self, .init(sessionID: "one"))
                    return !explained.leases.isEmpty
                }
                #expect(explained.leases.first?.operation == "sandbox.run")
                #expect(explained.leases.first?.ownerUID == geteuid())
                #expect(explained.leases.first?.runID?.isEmpty == false)
                #expect(explained.reapAt == nil)
                _ = try await running
                let updated = try await client.call(
                    SessionUpdate.self, .init(sessionID: "one", idleTimeout: 60, maxLifetime: 3600))
                #expect(updated.idleTimeout == 60)
                #expect(updated.maxLifetime == 3600)
                for number in 1...3 {
                    _ = try await client.open("ended-\(number)")
                    _ = try await client.call(
                        SessionRelease.self, .init(sessionID: "ended-\(number)", reason: "done \(number)"))
                }
                let page = try await client.call(SessionHistory.self, .init(limit: 2))
                #expect(page.sessions.map(\.detail) == ["done 3", "done 2"])
                let rest = try await client.call(SessionHistory.self, .init(cursor: page.nextCursor))
                #expect(rest.sessions.map(\.detail) == ["done 1"])
                #expect(rest.nextCursor == nil)
                // The exec server ends by itself: the history knows with which code.
                let pid = try #require(try await client.open("one").opened.session.sandbox.pid)
                kill(pid, SIGKILL)
                try await until {
                    try await client.call(SessionHistory.self, .init(sessionID: "one")).sessions.first?.exitCode == 137
                }
            }
            try await daemon.stop()
        }
    }

    @Test("at the limit the longest idle session makes room, and its history says so", .timeLimit(.minutes(2)))
    func theLongestIdleMakesRoom() async throws {
        try await TestDaemon.run(.local, sessions: "{max_sessions: 2, at_limit: evict_idle}") { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let first = try await client.open("first").session
                _ = try await client.open("second")
                _ = try await first.execute("true")
                #expect(try await client.open("third").opened.created)
                #expect(try await client.call(SessionGet.self, .init(sessionID: "first")).state == .ready)
                try await until {
                    let ended = try await client.call(SessionHistory.self, .init()).sessions
                    return ended.map(\.sessionID) == ["second"] && ended.first?.reason == "evicted_for_room"
                }
                let events = try await client.call(EventsList.self, .init(types: [.queued, .stopping])).events
                #expect(
                    events.map(\.sessionID) == ["second", "third"] || events.map(\.sessionID) == ["third", "second"])
            }
            try await daemon.stop()
        }
    }

    @Test("a place in the queue is shown, and lasts as long as its caller waits", .timeLimit(.minutes(2)))
    func aPlaceInTheQueueIsShown() async throws {
        try await TestDaemon.run(.local, sessions: "{max_sessions: 1, at_limit: queue}") { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                _ = try await client.open("holder")
                let waiting = try await client.call(
                    SessionGetOrCreate.self, .init(sessionID: "patient", wait: false))
                #expect(waiting.session.state == .queued)
                #expect(waiting.session.message == "queued for room, at position 1 of 1")
                await #expect {
                    _ = try await client.call(SessionGetOrCreate.self, .init(sessionID: "hasty", timeout: 0.5))
                } throws: { error in
                    let error = error as? RPCError
                    return error?.code == -32006 && error?.message.contains("at position 2 of 2") == true
                }
                #expect(try await client.call(SessionList.self, .init(states: [.queued])).total == 1)
                #expect(try await client.call(DaemonStatus.self, .init()).sessions["queued"] == 1)
                let explained = try await client.call(SessionExplain.self, .init(sessionID: "patient"))
                #expect(explained.reason == "queued for room, at position 1 of 1")
                _ = try await client.call(SessionRelease.self, .init(sessionID: "holder"))
                #expect(try await client.open("patient").opened.session.state == .ready)
                let events = try await client.call(EventsList.self, .init(sessionID: "hasty")).events
                #expect(events.map(\.kind) == [.queued, .ended])
                #expect(events.last?.reason == "start_failed")
            }
            try await daemon.stop()
        }
    }

    @Test("the warning before a reap is answered by a touch", .timeLimit(.minutes(2)))
    func theWarningIsAnswered() async throws {
        try await TestDaemon.run(.local, sessions: "{idle_timeout: 5, idle_warning: 2.5}") { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let notifications = client.notifications()
                _ = try await client.call(EventsSubscribe.self, .init(types: [.idleWarning, .stopping]))
                _ = try await client.open("one")
                var told: [SessionEvent] = []
                for await notification in notifications where notification.method == EventNotification.name {
                    told.append(try notification.decode(EventNotification.self).event)
                    if told.count == 1 {
                        let reapAt = try #require(told.first?.reapAt)
                        let touched = try await client.call(SessionTouch.self, .init(sessionID: "one"))
                        #expect(try #require(touched.reapAt).date > reapAt.date)
                    }
                    if told.last?.kind == .stopping { break }
                }
                // Warned again, and reaped when nobody answers.
                #expect(told.map(\.kind) == [.idleWarning, .idleWarning, .stopping])
                #expect(told.last?.reason == "idle")
            }
            try await daemon.stop()
        }
    }

    @Test("a dry run of the cleanup tells what it would end, and ends nothing", .timeLimit(.minutes(2)))
    func aDryRunEndsNothing() async throws {
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let session = try await client.open("busy").session
                _ = try await client.open("idle")
                async let running = session.run(["sleep", "3"])
                try await until { try await client.call(SessionGet.self, .init(sessionID: "busy")).leases == 1 }
                try await until { try await client.call(SessionGet.self, .init(sessionID: "idle")).idleSeconds > 0.2 }
                let told = try await client.call(SessionCleanupIdle.self, .init(maxIdle: 0.2, dryRun: true))
                #expect(told.sessions.map(\.sessionID) == ["idle"])
                #expect(try await client.call(SessionGet.self, .init(sessionID: "idle")).state == .ready)
                let reaped = try await client.call(SessionCleanupIdle.self, .init(maxIdle: 0.2))
                #expect(reaped.sessions.map(\.sessionID) == ["idle"])
                #expect(try await client.call(SessionList.self, .init()).sessions.map(\.sessionID) == ["busy"])
                #expect(try await running.exitCode == 0)
            }
            try await daemon.stop()
        }
    }
}
