import SandboxCore
import SessionManager
import Synchronization
import Testing

/// Idle clocks, leases and deletions against the real store, a scripted cluster and a clock that the test moves.
@Suite(.timeLimit(.minutes(1)))
struct SessionManagerReapingTests {
    let bench: TestBench
    let policy = SessionPolicy(idleTimeout: .seconds(100))

    init() throws { bench = try TestBench() }

    @Test func anIdleSessionIsReapedAndTheHistorySaysWhy() async throws {
        let bench = bench
        try await bench.withDaemon(policy: policy) { daemon in
            let opened = try await daemon.manager.open(OpenRequest("one"))
            let id = opened.session.sessionID
            #expect(opened.session.activity.reapAt == bench.clock.wall.advanced(by: .seconds(100)))
            bench.clock.advance(by: .seconds(99))
            // Looking is no activity.
            #expect(try daemon.manager.get(id).activity.idle == .seconds(99))
            #expect(try await daemon.manager.isAlive(id))
            bench.clock.advance(by: .seconds(1))
            await bench.cluster.wait { $0.boxes.isEmpty }
            try await eventually("the end enters the history") {
                let ended = try await daemon.manager.history(HistoryQuery(sessionID: id)).records
                return ended.map(\.reason) == [.idle]
            }
            // On record first, and then shown.
            try await eventually("it is gone") {
                await failure { try daemon.manager.get(id) }?.kind == .sessionNotFound
            }
        }
    }

    @Test func activitySetsTheClockBack() async throws {
        let bench = bench
        try await bench.withDaemon(policy: policy) { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            for _ in 0..<5 {
                bench.clock.advance(by: .seconds(60))
                let touched = try await daemon.manager.touch(id)
                #expect(touched.idle == .zero)
                #expect(touched.lastActivity == "session.touch")
            }
            bench.clock.advance(by: .seconds(60))
            _ = try await daemon.manager.withSandbox(id, LeasePurpose("sandbox.execute")) { $0.workDirectory }
            #expect(try daemon.manager.get(id).activity.lastActivity == "sandbox.execute")
            bench.clock.advance(by: .seconds(60))
            #expect(try daemon.manager.get(id).state == .ready)
        }
    }

    @Test func aLeaseKeepsASessionHoweverLongItTakes() async throws {
        let bench = bench
        let policy = SessionPolicy(idleTimeout: .seconds(100), maxLifetime: .seconds(1_000))
        try await bench.withDaemon(policy: policy) { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            bench.cluster.script { $0.holdsStartsBeforeCreation = true }
            async let using: Void = daemon.manager.withSandbox(id, LeasePurpose("sandbox.run")) { _ in
                await bench.cluster.wait { !$0.script.holdsStartsBeforeCreation }
            }
            try await eventually("the lease is held") { try daemon.manager.get(id).activity.leases == 1 }
            for _ in 0..<30 {
                bench.clock.advance(by: .seconds(99))
                #expect(await daemon.manager.cleanupIdle(maxIdle: .zero).isEmpty)
            }
            let session = try daemon.manager.get(id)
            #expect(session.state == .ready)
            #expect(session.activity.reapAt == nil)
            #expect(session.activity.idle == .zero)
            // Its lifetime is over long since, but nothing is taken from under a running operation.
            bench.cluster.script { $0.holdsStartsBeforeCreation = false }
            try await using
            await bench.cluster.wait { $0.boxes.isEmpty }
            try await eventually("its lifetime ends it") {
                try await daemon.manager.history(HistoryQuery()).records.map(\.reason) == [.lifetime]
            }
        }
    }

    @Test func aJumpOfTheWallClockReapsNothing() async throws {
        let bench = bench
        try await bench.withDaemon(policy: policy) { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            bench.clock.jumpWall(by: .seconds(1_000_000))
            bench.clock.advance(by: .seconds(50))
            #expect(try daemon.manager.get(id).activity.idle == .seconds(50))
            bench.clock.jumpWall(by: .seconds(-2_000_000))
            #expect(try daemon.manager.get(id).activity.idle == .seconds(50))
            #expect(await daemon.manager.cleanupIdle(maxIdle: nil).isEmpty)
        }
    }

    @Test func aDryRunOnlyTells() async throws {
        let bench = bench
        try await bench.withDaemon(policy: policy) { daemon in
            for number in 0..<3 {
                _ = try await daemon.manager.open(OpenRequest("id-\(number)"))
                bench.clock.advance(by: .seconds(10))
            }
            let dry = await daemon.manager.cleanupIdle(maxIdle: .seconds(20), dryRun: true)
            #expect(dry.map(\.sessionID.rawValue) == ["id-0", "id-1"])
            #expect(dry.map(\.idle) == [.seconds(30), .seconds(20)])
            #expect(bench.cluster.state.boxes.count == 3)
            let real = await daemon.manager.cleanupIdle(maxIdle: .seconds(20))
            #expect(real == dry)
            #expect(Set(bench.cluster.state.boxes.keys) == ["box-id-2-1"])
        }
    }

    @Test func aFailingDeletionIsTriedAgainAndTheIDIsFreeMeanwhile() async throws {
        let bench = bench
        try await bench.withDaemon { daemon in
            let first = try await daemon.manager.open(OpenRequest("one"))
            let id = first.session.sessionID
            bench.cluster.script { $0.discardError = .backendUnavailable("503") }
            await expectKind(.backendUnavailable) { try await daemon.manager.release(id) }
            #expect(try daemon.manager.get(id).state == .stopping)
            #expect(try await daemon.manager.history(HistoryQuery()).records.isEmpty)
            await expectKind(.sandboxGone(.released)) {
                try await daemon.manager.withSandbox(id, LeasePurpose("test")) { $0.workDirectory }
            }
            let second = try await daemon.manager.open(OpenRequest("one"))
            #expect(second.session.generation == 2)
            for failures in 2...5 {
                try await eventually("it is tried again") {
                    bench.clock.advance(by: .seconds(60))
                    return bench.cluster.state.failedDiscards >= failures
                }
            }
            bench.cluster.script { $0.discardError = nil }
            try await eventually("it succeeds") {
                bench.clock.advance(by: .seconds(60))
                return bench.cluster.state.boxes.count == 1
            }
            #expect(bench.cluster.uid(of: "box-one-2") == second.session.sandbox?.uid)
            try await eventually("the end enters the history") {
                try await daemon.manager.history(HistoryQuery()).records.map(\.generation) == [1]
            }
        }
    }

    @Test func operationsInAReleasedSessionSaySo() async throws {
        let bench = bench
        try await bench.withDaemon { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            await expectKind(.sandboxGone(.released)) {
                try await daemon.manager.withSandbox(id, LeasePurpose("sandbox.run")) { _ in
                    #expect(try await daemon.manager.release(id))
                    throw SandboxError.backendUnavailable("connection reset")
                }
            }
            #expect(daemon.manager.counts().leases == 0)
        }
    }

    @Test func operationsWaitForASessionThatStarts() async throws {
        let bench = bench
        try await bench.withDaemon { daemon in
            bench.cluster.script { $0.holdsStartsBeforeCreation = true }
            var request = try OpenRequest("one")
            request.waits = false
            let id = try await daemon.manager.open(request).session.sessionID
            async let output = daemon.manager.withSandbox(id, LeasePurpose("sandbox.execute")) {
                try await $0.execute("true", timeout: .seconds(1)).output
            }
            await bench.cluster.wait { $0.startsWaiting == 1 }
            bench.cluster.script { $0.holdsStartsBeforeCreation = false }
            #expect(try await output == "uid-1")
            #expect(daemon.manager.counts().leases == 0)
        }
    }

    @Test func aCancelledOperationGivesItsLeaseBack() async throws {
        let bench = bench
        try await bench.withDaemon { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            bench.cluster.script { $0.holdsStartsBeforeCreation = true }
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await expectKind(.cancelled) {
                        try await daemon.manager.withSandbox(id, LeasePurpose("sandbox.run")) { _ in
                            await bench.cluster.wait { !$0.script.holdsStartsBeforeCreation }
                            try Task.checkCancellation()
                        }
                    }
                }
                while daemon.manager.counts().leases == 0 { await Task.yield() }
                group.cancelAll()
            }
            #expect(daemon.manager.counts().leases == 0)
        }
    }

    @Test func pagesAreOrderedAndFiltered() async throws {
        let bench = bench
        try await bench.withDaemon { daemon in
            for number in 0..<25 {
                var request = try OpenRequest("id-\(number)", uid: UInt32(number % 2))
                request.labels = ["third": "\(number % 3 == 0)"]
                _ = try await daemon.manager.open(request)
                bench.clock.advance(by: .milliseconds(1))
            }
            var filter = SessionFilter(limit: 10)
            var seen: [String] = []
            while true {
                let page = try daemon.manager.list(filter)
                #expect(page.total == 25)
                seen += page.sessions.map(\.sessionID.rawValue)
                guard let cursor = page.nextCursor else { break }
                filter.cursor = cursor
            }
            #expect(seen == (0..<25).map { "id-\($0)" })
            let odd = try daemon.manager.list(SessionFilter(labels: ["third": "true"], ownerUID: 1, limit: 2))
            #expect(odd.total == 4)
            #expect(odd.sessions.map(\.sessionID.rawValue) == ["id-3", "id-9"])
            let rest = try daemon.manager.list(
                SessionFilter(labels: ["third": "true"], ownerUID: 1, limit: 2, cursor: odd.nextCursor))
            #expect(rest.sessions.map(\.sessionID.rawValue) == ["id-15", "id-21"])
            #expect(rest.nextCursor == nil)
            #expect(try daemon.manager.list(SessionFilter(states: [.failed])).sessions.isEmpty)
            for cursor in ["rubbish", "", "+5:a", "05:a", ":a", "5:"] {
                await expectKind(.invalid) { try daemon.manager.list(SessionFilter(cursor: cursor)) }
            }
        }
    }
}
