import SandboxCore
import SessionManager
import Testing

/// What a new session gets when there is no room for it, against the real store and a scripted cluster.
@Suite("Admission: limits never overshoot, and refusals are explained", .timeLimit(.minutes(1)))
struct AdmissionTests {
    let bench: TestBench

    init() throws { bench = try TestBench() }

    @Test("the refusal says which limit, and who holds it")
    func theRefusalSaysWhoHoldsTheRoom() async throws {
        let policy = SessionPolicy(maxSessions: 3)
        try await bench.withDaemon(policy: policy) { daemon in
            for number in 1...2 { _ = try await daemon.manager.open(OpenRequest("a\(number)", uid: 1)) }
            _ = try await daemon.manager.open(OpenRequest("b", uid: 2))
            let error = await failure { try await daemon.manager.open(OpenRequest("c", uid: 3)) }
            #expect(error?.kind == .sessionLimitExceeded(limit: 3, scope: .daemon, held: 3))
            #expect(error?.message.contains("uid 1 holds 2, uid 2 holds 1") == true, "\(error?.message ?? "")")
        }
    }

    @Test(arguments: [
        (1, 0, "uid 7 holds 1 session and may hold 1. Release one before opening another."),
        (2, 0, "uid 7 holds 2 sessions and may hold 1. Release one before opening another."),
        (0, 1, "1 session is starting and 1 may start at once. Try again when one is ready."),
        (0, 2, "2 sessions are starting and 1 may start at once. Try again when one is ready."),
    ])
    func refusalsCountInWords(held: Int, starting: Int, message: String) {
        let limits = SessionLimits(sessions: 9, perOwner: 1, starting: 1)
        let error = #expect(throws: SandboxError.self) {
            try limits.check(
                held: held, heldByOwner: held, startingNow: starting, owner: SessionOwner(uid: 7, gid: 7, user: nil))
        }
        #expect(error?.message == message)
    }

    @Test("at the limit the session that has been idle longest makes room")
    func theLongestIdleMakesRoom() async throws {
        let bench = bench
        let policy = SessionPolicy(maxSessions: 2, atLimit: .evictIdle)
        try await bench.withDaemon(policy: policy) { daemon in
            let old = try await daemon.manager.open(OpenRequest("old")).session
            bench.clock.advance(by: .seconds(5))
            _ = try await daemon.manager.open(OpenRequest("young"))
            bench.clock.advance(by: .seconds(5))
            // Busy, so that it is passed over although it is older.
            let (busy, release) = AsyncStream.makeStream(of: Void.self)
            async let using: Void = daemon.manager.withSandbox(old.sessionID, LeasePurpose("sandbox.run")) { _ in
                for await _ in busy {}
            }
            try await eventually("the lease is held") { try daemon.manager.get(old.sessionID).activity.leases == 1 }
            let new = try await daemon.manager.open(OpenRequest("new"))
            #expect(new.created)
            #expect(try daemon.manager.get(old.sessionID).state == .ready)
            try await eventually("the evicted one is in the history") {
                let ended = try await daemon.manager.history(HistoryQuery()).records
                return ended.map(\.sessionID.rawValue) == ["young"] && ended.first?.reason == .evictedForRoom
            }
            release.finish()
            try await using
            #expect(daemon.manager.counts().held == 2)
        }
    }

    @Test func whereNothingIsIdleTheEvictingDaemonRefuses() async throws {
        let policy = SessionPolicy(maxSessions: 1, atLimit: .evictIdle)
        try await bench.withDaemon(policy: policy) { daemon in
            let id = try await daemon.manager.open(OpenRequest("only")).session.sessionID
            try await daemon.manager.withSandbox(id, LeasePurpose("sandbox.run")) { _ in
                await expectKind(.sessionLimitExceeded(limit: 1, scope: .daemon, held: 1)) {
                    try await daemon.manager.open(OpenRequest("other"))
                }
            }
        }
    }

    @Test("max_sessions 2 and ten ids at once, queued: never more than two at a time, all ten served")
    func theQueueServesAllAndNeverOvershoots() async throws {
        let bench = bench
        let policy = SessionPolicy(maxSessions: 2, atLimit: .queue)
        try await bench.withDaemon(policy: policy) { daemon in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<10 {
                    let request = try OpenRequest("id-\(number)")
                    group.addTask {
                        let opened = try await daemon.manager.open(request)
                        #expect(opened.created)
                        #expect(bench.cluster.state.boxes.count <= 2)
                        #expect(daemon.manager.counts().held <= 2)
                        #expect(try await daemon.manager.release(request.sessionID))
                    }
                }
                try await group.waitForAll()
            }
            #expect(bench.cluster.state.starts.count == 10)
            #expect(daemon.manager.counts().queued == 0)
        }
    }

    @Test func aQueuedSessionIsShownWithItsPosition() async throws {
        let policy = SessionPolicy(maxSessions: 1, atLimit: .queue)
        try await bench.withDaemon(policy: policy) { daemon in
            let first = try await daemon.manager.open(OpenRequest("first")).session.sessionID
            for name in ["second", "third"] {
                var request = try OpenRequest(name)
                request.waits = false
                #expect(try await daemon.manager.open(request).session.state == .queued)
            }
            let third = try daemon.manager.get(SessionID("third"))
            #expect(third.state == .queued)
            #expect(third.message == "queued for room, at position 2 of 2")
            #expect(try daemon.manager.explain(third.sessionID).reason == third.message)
            #expect(daemon.manager.counts().queued == 2)
            // An operation does not wait for room that may never come.
            await #expect(throws: SandboxError.self) {
                try await daemon.manager.withSandbox(third.sessionID, LeasePurpose("sandbox.execute")) { _ in }
            }
            #expect(try daemon.manager.list(SessionFilter(states: [.queued])).total == 2)
            #expect(try await daemon.manager.release(SessionID("second")))
            #expect(try daemon.manager.get(third.sessionID).message == "queued for room, at position 1 of 1")
            #expect(try await daemon.manager.release(first))
            try await eventually("the third gets the room") {
                try daemon.manager.get(third.sessionID).state == .ready
            }
        }
    }

    @Test("a full queue is refused as such")
    func aFullQueueSaysSo() async throws {
        let policy = SessionPolicy(maxSessions: 1, atLimit: .queue, maxQueued: 1)
        try await bench.withDaemon(policy: policy) { daemon in
            for name in ["first", "second"] {
                var request = try OpenRequest(name)
                request.waits = false
                _ = try await daemon.manager.open(request)
            }
            let error = await failure { try await daemon.manager.open(OpenRequest("third")) }
            #expect(error?.kind == .sessionLimitExceeded(limit: 1, scope: .queue, held: 1))
            #expect(error?.message.hasPrefix("The queue is full: 1 sessions wait for room, and 1 may.") == true)
            #expect(error?.message.contains("Session limit of 1 reached") == true)
        }
    }

    @Test func aQueuedCallerOutOfTimeLeavesTheQueue() async throws {
        let bench = bench
        let policy = SessionPolicy(maxSessions: 1, atLimit: .queue)
        try await bench.withDaemon(policy: policy) { daemon in
            _ = try await daemon.manager.open(OpenRequest("first"))
            var request = try OpenRequest("second")
            request.timeout = .seconds(3)
            let timed = request
            async let opening = failure { try await daemon.manager.open(timed) }
            try await eventually("it is queued") { daemon.manager.counts().queued == 1 }
            bench.clock.advance(by: .seconds(4))
            let error = await opening
            #expect(error?.kind == .deadlineExceeded)
            #expect(error?.message.contains("queued for room, at position 1 of 1") == true)
            #expect(daemon.manager.counts().queued == 0)
            await expectKind(.sessionNotFound) { try daemon.manager.get(timed.sessionID) }
            #expect(
                try await daemon.manager.events(EventQuery(filter: EventFilter(kinds: [.queued]))).events.count == 1)
        }
    }

    @Test func aDeadSessionThatWaitsForRoomIsReplacedOrDeadAgain() async throws {
        let bench = bench
        let policy = SessionPolicy(maxSessions: 1, atLimit: .queue)
        try await bench.withDaemon(policy: policy) { daemon in
            let dead = try await daemon.manager.open(OpenRequest("dead")).session
            try await bench.killSandbox(of: dead, in: daemon, .evicted)
            let holder = try await daemon.manager.open(OpenRequest("holder")).session.sessionID
            var request = try OpenRequest("dead")
            request.timeout = .seconds(3)
            let timed = request
            async let givenUp = failure { try await daemon.manager.open(timed) }
            try await eventually("it is queued") { daemon.manager.counts().queued == 1 }
            bench.clock.advance(by: .seconds(4))
            #expect(await givenUp?.kind == .deadlineExceeded)
            #expect(try daemon.manager.get(dead.sessionID).state == .failed)
            async let replacing = daemon.manager.open(OpenRequest("dead"))
            try await eventually("it is queued again") { daemon.manager.counts().queued == 1 }
            #expect(try await daemon.manager.release(holder))
            let replaced = try await replacing
            #expect(replaced.replaced?.generation == 1)
            #expect(replaced.replaced?.reason == .evicted)
            #expect(replaced.session.generation == 2)
        }
    }
}
