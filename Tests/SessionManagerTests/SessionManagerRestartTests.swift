import SQLiteStore
import SandboxCore
import SessionManager
import Testing

/// Daemons that are stopped, or cut off as by kill -9, and those after them.
@Suite(.timeLimit(.minutes(1)))
struct SessionManagerRestartTests {
    let bench: TestBench
    let policy = SessionPolicy(idleTimeout: .seconds(100))

    init() throws { bench = try TestBench() }

    @Test func anOrderlyStopKeepsSessionsAndTheirClocks() async throws {
        let bench = bench
        let opened = try await bench.withDaemon(policy: policy) { daemon in
            let opened = try await daemon.manager.open(OpenRequest("one"))
            bench.clock.advance(by: .seconds(30))
            await daemon.manager.shutdown(releasing: false)
            await expectKind(.draining) { try await daemon.manager.open(OpenRequest("two")) }
            return opened
        }
        // Nobody was there to see it, but the host's clock did.
        bench.clock.advance(by: .seconds(20))
        try await bench.withDaemon(policy: policy) { daemon in
            let session = try daemon.manager.get(opened.session.sessionID)
            #expect(session.activity.idle == .seconds(50))
            #expect(session.activity.lastActivityAt == opened.session.activity.lastActivityAt)
            let again = try await daemon.manager.open(OpenRequest("one"))
            #expect(!again.created)
            #expect(again.session.sandbox == opened.session.sandbox)
            let output = try await daemon.manager.withSandbox(session.sessionID, LeasePurpose("test")) {
                try await $0.execute("true", timeout: .seconds(1)).output
            }
            #expect(output == opened.session.sandbox?.uid)
            #expect(bench.cluster.state.starts.count == 1)
        }
    }

    @Test func whatTheKilledDaemonLeftIdleIsReapedByTheNext() async throws {
        let bench = bench
        try await bench.withDaemon(policy: policy) { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            // Quiet long enough to be written down exactly.
            bench.clock.advance(by: .seconds(10))
            try await eventually("the last activity is on record") {
                try await bench.recordedMark(id, daemon) == 0
            }
            daemon.store.kill()
        }
        bench.clock.advance(by: .seconds(91))
        try await bench.withDaemon(policy: policy) { _ in
            await bench.cluster.wait { $0.boxes.isEmpty }
        }
    }

    @Test func aSessionInUseAtTheKillIsNotTakenForIdle() async throws {
        let bench = bench
        let id = try SessionID("one")
        try await bench.withDaemon(policy: policy) { daemon in
            _ = try await daemon.manager.open(OpenRequest("one"))
            bench.cluster.script { $0.holdsStartsBeforeCreation = true }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try? await daemon.manager.withSandbox(id, LeasePurpose("sandbox.run")) { _ in
                        await bench.cluster.wait { !$0.script.holdsStartsBeforeCreation }
                    }
                }
                try await eventually("the lease is held") { daemon.manager.counts().leases == 1 }
                // The command runs far longer than the idle timeout; then the daemon dies under it.
                for _ in 0..<20 { bench.clock.advance(by: .seconds(60)) }
                daemon.store.kill()
                group.cancelAll()
            }
        }
        bench.cluster.script { $0.holdsStartsBeforeCreation = false }
        try await bench.withDaemon(policy: policy) { daemon in
            let session = try daemon.manager.get(id)
            #expect(session.activity.idle == .zero)
            #expect(session.activity.lastActivity == "daemon.restart")
            #expect(try await !daemon.manager.open(OpenRequest("one")).created)
        }
    }

    @Test func touchedJustBeforeTheKillCounts() async throws {
        let bench = bench
        let id = try SessionID("one")
        try await bench.withDaemon(policy: policy) { daemon in
            _ = try await daemon.manager.open(OpenRequest("one"))
            bench.clock.advance(by: .seconds(90))
            try await eventually("the last activity is on record") {
                try await bench.recordedMark(id, daemon) == 0
            }
            _ = try await daemon.manager.touch(id)
            daemon.store.kill()
        }
        bench.clock.advance(by: .seconds(9))
        try await bench.withDaemon(policy: policy) { daemon in
            // 99 s since the last activity that had been written down exactly, but touched since.
            let session = try daemon.manager.get(id)
            #expect(session.activity.idle <= .seconds(9))
            #expect(session.state == .ready)
        }
    }

    @Test func anotherBootCountsNoTimeThatNobodyMeasured() async throws {
        let bench = bench
        let id = try SessionID("one")
        try await bench.withDaemon(policy: policy) { daemon in
            _ = try await daemon.manager.open(OpenRequest("one"))
            bench.clock.advance(by: .seconds(30))
        }
        // The new host's clocks have nothing to do with the old one's.
        let clock = ManualClock(bootID: "boot-2", monotonic: .seconds(5_000_000))
        clock.jumpWall(by: .seconds(10_000_000))
        try await bench.withDaemon(policy: policy, clock: clock) { daemon in
            let session = try daemon.manager.get(id)
            #expect(session.activity.idle == .seconds(30))
            clock.advance(by: .seconds(71))
            await bench.cluster.wait { $0.boxes.isEmpty }
        }
    }

    @Test func aSilentClusterAfterARestartLosesNothing() async throws {
        let bench = bench
        let opened = try await bench.withDaemon { try await $0.manager.open(OpenRequest("one")) }
        let id = opened.session.sessionID
        bench.cluster.script { $0.isMute = true }
        try await bench.withDaemon { daemon in
            await expectKind(.backendUnavailable) { try await daemon.manager.open(OpenRequest("one")) }
            await expectKind(.backendUnavailable) {
                try await daemon.manager.withSandbox(id, LeasePurpose("test")) { $0.workDirectory }
            }
            #expect(try daemon.manager.get(id).state == .ready)
            bench.cluster.script { $0.isMute = false }
            daemon.provider.send(.resync)
            try await eventually("the sandbox is taken up") {
                (try? await daemon.manager.open(OpenRequest("one"))) != nil
            }
            #expect(try await daemon.manager.open(OpenRequest("one")).session.sandbox == opened.session.sandbox)
            #expect(bench.cluster.state.starts.count == 1)
        }
    }

    @Test func lostSandboxesAreRecordedAndOrphansDeleted() async throws {
        let bench = bench
        let lost = try await bench.withDaemon { daemon in
            _ = try await daemon.manager.open(OpenRequest("kept"))
            return try await daemon.manager.open(OpenRequest("lost"))
        }
        let ours = FoundSandbox(
            name: "box-ghost-1", uid: "ghost", nonce: "n", sessionID: try SessionID("ghost"), generation: 1,
            isTerminating: false)
        let unreadable = FoundSandbox(
            name: "box-unknown", uid: "unknown", nonce: nil, sessionID: nil, generation: nil, isTerminating: false)
        bench.cluster.change { state in
            state.boxes[lost.session.sandboxName] = nil
            state.foreign = [ours, unreadable]
        }
        try await bench.withDaemon { daemon in
            await bench.cluster.wait { $0.foreign == [unreadable] }
            try await eventually("the loss is noticed") {
                try daemon.manager.get(lost.session.sessionID).state == .failed
            }
            let ended = try await daemon.manager.history(HistoryQuery()).records
            #expect(ended.map(\.sessionID.rawValue) == ["lost"])
            #expect(ended.map(\.reason) == [.deleted])
            #expect(try await !daemon.manager.open(OpenRequest("kept")).created)
            #expect(bench.cluster.state.discards.allSatisfy { $0.name != "box-kept-1" && $0.name != "box-unknown" })
        }
    }

    @Test func aShutdownThatReleasesLeavesNothing() async throws {
        let bench = bench
        try await bench.withDaemon { daemon in
            for number in 0..<5 { _ = try await daemon.manager.open(OpenRequest("id-\(number)")) }
            bench.cluster.script { $0.holdsStartsAfterCreation = true }
            var request = try OpenRequest("starting")
            request.waits = false
            _ = try await daemon.manager.open(request)
            await daemon.manager.shutdown(releasing: true)
            #expect(bench.cluster.state.boxes.isEmpty)
        }
    }

    @Test func aStoppedManagerRefusesInsteadOfWaiting() async throws {
        let bench = bench
        let manager = try await bench.withDaemon { daemon in
            _ = try await daemon.manager.open(OpenRequest("one"))
            return daemon.manager
        }
        let id = try SessionID("one")
        await expectKind(.draining) { try await manager.open(OpenRequest("one")) }
        await expectKind(.draining) { try await manager.release(id) }
        #expect(await manager.cleanupIdle(maxIdle: .zero).isEmpty)
        #expect(try manager.get(id).state == .ready)
        #expect(bench.cluster.state.boxes.count == 1)
    }

    /// Daemons cut off after a random number of store calls, one after the other, on one file and one cluster.
    @Test(arguments: 0..<24) func killedAtAnyInstantNothingLeaksAndNothingIsLost(seed: UInt64) async throws {
        let bench = bench
        var random = SeededRandom(seed: seed)
        /// What an answered request has promised.
        var promised: [String: String?] = [:]
        for _ in 0..<4 {
            let calls = Int.random(in: 2...25, using: &random)
            let steps = (0..<12).map { _ in (Int.random(in: 0..<4, using: &random), Bool.random(using: &random)) }
            let before = promised
            promised = try await bench.withDaemon { daemon in
                var promised = before
                daemon.store.kill(afterCalls: calls)
                for (number, opens) in steps where !daemon.store.isDead {
                    var request = try OpenRequest("id-\(number)")
                    // The clock stands still here: only an answer, or the death of the store, ends a wait.
                    request.timeout = nil
                    let name = request.sessionID.rawValue
                    if opens {
                        guard let opened = try? await daemon.manager.open(request) else {
                            promised[name] = nil
                            continue
                        }
                        promised[name] = opened.session.sandbox?.uid
                    } else {
                        promised[name] =
                            (try? await daemon.manager.release(request.sessionID)) != nil ? .some(nil) : nil
                    }
                }
                daemon.store.kill()
                return promised
            }
        }
        let last = promised
        try await bench.withDaemon { daemon in
            for (name, uid) in last {
                let id = try SessionID(name)
                if let uid {
                    var attach = try OpenRequest(name)
                    attach.attaches = true
                    #expect(try await daemon.manager.open(attach).session.sandbox?.uid == uid)
                } else {
                    try await eventually("\(name) stays released") { (try? daemon.manager.get(id)) == nil }
                }
            }
            try await eventually("sessions and sandboxes are the same") {
                let sessions = try daemon.manager.list(SessionFilter()).sessions
                let uids = Set(sessions.compactMap { $0.sandbox?.uid })
                return sessions.allSatisfy { $0.state == .ready }
                    && uids == Set(bench.cluster.state.boxes.values.map(\.uid))
            }
        }
    }
}

extension TestBench {
    /// What the file says of a session's use: 0 when its last activity is written down exactly.
    func recordedMark(_ id: SessionID, _ daemon: Daemon) async throws -> Int64? {
        try await daemon.store.load().sessions.first { $0.record.sessionID == id }?.mark
    }
}
