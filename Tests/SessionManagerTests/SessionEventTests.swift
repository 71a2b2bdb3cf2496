import SandboxCore
import SessionManager
import Testing

/// Events, warnings, explanations and updates, against the real store and a scripted cluster.
@Suite(.timeLimit(.minutes(1)))
struct SessionEventTests {
    let bench: TestBench

    init() throws { bench = try TestBench() }

    private func kinds(_ daemon: TestBench.Daemon, _ id: SessionID) async throws -> [EventRecord.Kind] {
        try await daemon.manager.events(EventQuery(filter: EventFilter(sessionID: id))).events.map(\.kind)
    }

    @Test("every change of a session is an event, numbered without a gap")
    func everyChangeIsAnEvent() async throws {
        let bench = bench
        try await bench.withDaemon { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            _ = try await daemon.manager.update(id, SettingsChange(labels: ["a": "b"]))
            #expect(try await daemon.manager.release(id, reason: "done"))
            let dead = try await daemon.manager.open(OpenRequest("two")).session
            try await bench.killSandbox(of: dead, in: daemon, .oomKilled)
            #expect(try await kinds(daemon, id) == [.starting, .ready, .updated, .stopping, .ended])
            #expect(try await kinds(daemon, dead.sessionID) == [.starting, .ready, .failed])
            let page = try await daemon.manager.events(EventQuery())
            #expect(page.events.map(\.sequence) == Array(1...8))
            #expect(page.latest == 8)
            #expect(page.oldest == 1)
            #expect(page.events.last?.reason == .oomKilled)
            #expect(page.events.first { $0.kind == .stopping }?.detail == "done")
        }
        // They are still there for the next daemon, and the numbers go on.
        try await bench.withDaemon { daemon in
            #expect(daemon.manager.latestEvent >= 8)
            let id = try await daemon.manager.open(OpenRequest("three")).session.sessionID
            let first = try await daemon.manager.events(EventQuery(filter: EventFilter(sessionID: id))).events.first
            #expect((first?.sequence ?? 0) > 8)
        }
    }

    @Test("a warning comes before the reap, and a touch answers it")
    func aWarningComesBeforeTheReap() async throws {
        let bench = bench
        let policy = SessionPolicy(idleTimeout: .seconds(100), idleWarning: .seconds(20))
        try await bench.withDaemon(policy: policy) { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            func warnings() async throws -> [EventRecord] {
                try await daemon.manager.events(EventQuery(filter: EventFilter(kinds: [.idleWarning]))).events
            }
            bench.clock.advance(by: .seconds(79))
            #expect(try await warnings().isEmpty)
            bench.clock.advance(by: .seconds(1))
            try await eventually("the warning is given") { try await warnings().count == 1 }
            let warning = try #require(try await warnings().first)
            #expect(warning.reason == .idle)
            #expect(warning.reapAt == bench.clock.wall.advanced(by: .seconds(20)))
            bench.clock.advance(by: .seconds(15))
            _ = try await daemon.manager.touch(id)
            bench.clock.advance(by: .seconds(79))
            #expect(try daemon.manager.get(id).state == .ready, "the touch answered the warning")
            bench.clock.advance(by: .seconds(1))
            try await eventually("the next warning is given") { try await warnings().count == 2 }
            bench.clock.advance(by: .seconds(20))
            try await eventually("unanswered, it is reaped") {
                try await daemon.manager.history(HistoryQuery()).records.first?.reason == .idle
            }
        }
    }

    @Test("explain says when, why, and which setting decides")
    func explainNamesTheSetting() async throws {
        let bench = bench
        let policy = SessionPolicy(idleTimeout: .seconds(100), maxLifetime: .seconds(1_000))
        try await bench.withDaemon(policy: policy) { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            var explanation = try daemon.manager.explain(id)
            #expect(explanation.setting == "sessions.idle_timeout")
            #expect(explanation.reapAt == bench.clock.wall.advanced(by: .seconds(100)))
            #expect(explanation.lastActivity == "session.get_or_create")
            try await daemon.manager.withSandbox(
                id, LeasePurpose("sandbox.run", ownerUID: 1000, runID: "r1")
            ) { _ in
                let busy = try daemon.manager.explain(id)
                #expect(busy.reapAt == nil)
                #expect(busy.setting == nil)
                #expect(busy.leases.map(\.purpose) == [LeasePurpose("sandbox.run", ownerUID: 1000, runID: "r1")])
                #expect(busy.reason.hasPrefix("1 operation runs"))
            }
            // An override wins over the lifetime only where it comes first.
            _ = try await daemon.manager.update(id, SettingsChange(idleTimeout: .seconds(5_000)))
            explanation = try daemon.manager.explain(id)
            #expect(explanation.setting == "sessions.max_lifetime")
            _ = try await daemon.manager.update(id, SettingsChange(maxLifetime: .seconds(9_000)))
            #expect(try daemon.manager.explain(id).setting == "session.update idle_timeout")
        }
    }

    @Test("a session's own timeout is kept to, and survives a restart")
    func anUpdateIsInForceAndOnRecord() async throws {
        let bench = bench
        let id = try SessionID("one")
        try await bench.withDaemon { daemon in
            var request = try OpenRequest("one")
            request.idleTimeout = .seconds(50)
            _ = try await daemon.manager.open(request)
            #expect(try daemon.manager.explain(id).setting == "session.get_or_create idle_timeout")
            let updated = try await daemon.manager.update(
                id, SettingsChange(idleTimeout: .seconds(10), labels: ["team": "search"]))
            #expect(updated.idleTimeout == .seconds(10))
            #expect(updated.labels == ["team": "search"])
        }
        try await bench.withDaemon { daemon in
            #expect(try daemon.manager.get(id).idleTimeout == .seconds(10))
            #expect(try daemon.manager.get(id).labels == ["team": "search"])
            try await eventually("it is taken up") {
                try daemon.manager.explain(id).setting == "session.update idle_timeout"
            }
            bench.clock.advance(by: .seconds(11))
            try await eventually("the shorter timeout reaps it") {
                try await daemon.manager.history(HistoryQuery()).records.first?.reason == .idle
            }
        }
    }

    @Test func concurrentUpdatesAreAllCommitted() async throws {
        try await bench.withDaemon { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...20 {
                    group.addTask {
                        _ = try await daemon.manager.update(id, SettingsChange(labels: ["n": "\(number)"]))
                    }
                }
                try await group.waitForAll()
            }
            let query = EventQuery(filter: EventFilter(kinds: [.updated]))
            #expect(try await daemon.manager.events(query).events.count == 20)
            let shown = try daemon.manager.get(id).labels
            let stored = try await daemon.store.load().sessions.first?.record.labels
            #expect(shown == stored)
        }
    }

    @Test("a lifetime counts from ready, whatever is done meanwhile")
    func aLifetimeEndsASessionInUseOnlyAfterItsOperation() async throws {
        let bench = bench
        let policy = SessionPolicy(idleTimeout: nil, maxLifetime: .seconds(100))
        try await bench.withDaemon(policy: policy) { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            try await daemon.manager.withSandbox(id, LeasePurpose("sandbox.run")) { _ in
                bench.clock.advance(by: .seconds(300))
                let state = try daemon.manager.get(id).state
                #expect(state == .ready, "no session with a lease is reaped")
            }
            try await eventually("its lifetime is over") {
                try await daemon.manager.history(HistoryQuery()).records.first?.reason == .lifetime
            }
        }
    }

    @Test("a sandbox that the watch shows and nobody knows is deleted without a restart")
    func aStrangerInTheWatchIsCompared() async throws {
        let bench = bench
        try await bench.withDaemon { daemon in
            _ = try await daemon.manager.open(OpenRequest("mine"))
            let orphan = FoundSandbox(
                name: "box-lost-1", uid: "uid-lost", nonce: "n", sessionID: try SessionID("lost"), generation: 1,
                isTerminating: false)
            bench.cluster.change { $0.foreign.append(orphan) }
            daemon.provider.send(.appeared(orphan))
            await bench.cluster.wait { $0.foreign.isEmpty }
            #expect(bench.cluster.state.discards.map(\.uid) == ["uid-lost"])
            #expect(bench.cluster.state.boxes.count == 1)
        }
    }
}
