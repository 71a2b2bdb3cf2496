import SandboxCore
import SessionManager
import Testing

/// Sandboxes that are started before anybody asks for them.
@Suite(.timeLimit(.minutes(1)))
struct SessionManagerPoolTests {
    let bench: TestBench
    let pool = PoolPolicy(size: 2)

    init() throws { bench = try TestBench() }

    private func full(_ daemon: TestBench.Daemon, _ size: Int = 2) async throws {
        try await eventually("the pool is full") { daemon.manager.pools().first?.ready == size }
    }

    @Test func aClaimTakesAWarmSandboxAndThePoolIsFilledAgain() async throws {
        let bench = bench
        try await bench.withDaemon(pool: pool) { daemon in
            try await full(daemon)
            #expect(daemon.manager.counts().held == 0)
            #expect(try daemon.manager.list(SessionFilter()).total == 0)
            let warm = Set(bench.cluster.state.boxes.values.map(\.uid))
            #expect(warm.count == 2)
            // Its age counts from the claim.
            bench.clock.advance(by: .seconds(500))
            var request = try OpenRequest("one")
            request.labels = ["team": "search"]
            let opened = try await daemon.manager.open(request)
            #expect(opened.created)
            #expect(warm.contains(try #require(opened.session.sandbox?.uid)))
            #expect(opened.session.activity.idle == .zero)
            #expect(opened.session.createdAt == bench.clock.wall)
            #expect(opened.session.activity.reapAt == bench.clock.wall.advanced(by: .seconds(3600)))
            let output = try await daemon.manager.withSandbox(opened.session.sessionID, LeasePurpose("test")) {
                try await $0.execute("true", timeout: .seconds(1)).output
            }
            #expect(output == opened.session.sandbox?.uid)
            try await full(daemon)
            #expect(bench.cluster.state.starts.count == 3)
            #expect(daemon.manager.pools().first?.claimed == 1)
            #expect(daemon.manager.counts().held == 1)
            // The backend is told whose it is.
            await bench.cluster.wait { $0.boxes.values.contains { $0.claim.labels == ["team": "search"] } }
        }
    }

    @Test func noSandboxIsEverGivenToTwo() async throws {
        let bench = bench
        let uids = try await bench.withDaemon(pool: PoolPolicy(size: 5, maxStarting: 5)) { daemon in
            try await full(daemon, 5)
            return try await withThrowingTaskGroup(of: String?.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let id = "id-\(number)"
                        let uid = try await daemon.manager.open(OpenRequest(id)).session.sandbox?.uid
                        // What was used is deleted, never put back.
                        if number.isMultiple(of: 2) { _ = try await daemon.manager.release(SessionID(id)) }
                        return uid
                    }
                }
                return try await group.reduce(into: [String?]()) { $0.append($1) }
            }
        }
        #expect(Set(uids).count == 20)
        #expect(!uids.contains(nil))
    }

    @Test func anEmptyPoolFallsBackToAColdStart() async throws {
        let bench = bench
        bench.cluster.script { $0.startError = .backendUnavailable("no answer") }
        try await bench.withDaemon(pool: pool) { daemon in
            try await eventually("both starts have failed") {
                bench.cluster.state.starts.count == 2 && daemon.manager.pools().first?.starting == 0
            }
            bench.cluster.script { $0.startError = nil }
            let opened = try await daemon.manager.open(OpenRequest("one"))
            #expect(opened.session.sandboxName == "box-one-1")
            #expect(daemon.manager.pools().first?.claimed == 0)
        }
    }

    @Test func theNextDaemonAdoptsThePoolAndDiscardsOneOfAnotherShape() async throws {
        let bench = bench
        try await bench.withDaemon(pool: pool) { daemon in
            try await full(daemon)
            daemon.store.kill()
        }
        let warm = bench.cluster.state.boxes
        try await bench.withDaemon(pool: pool) { daemon in
            try await full(daemon)
            #expect(bench.cluster.state.boxes == warm)
            #expect(bench.cluster.state.starts.count == 2)
        }
        try await bench.withDaemon(pool: pool, shape: "b") { daemon in
            try await full(daemon)
            try await eventually("the old ones are gone") {
                bench.cluster.state.boxes.count == 2 && Set(bench.cluster.state.boxes.keys).isDisjoint(with: warm.keys)
            }
        }
        try await bench.withDaemon(shape: "b") { daemon in
            await bench.cluster.wait { $0.boxes.isEmpty }
            let history = try await daemon.manager.history(HistoryQuery())
            #expect(history.records.isEmpty, "nobody's sandboxes are no history")
        }
    }

    @Test func thePoolIsReleasedAtAnOrderlyStopWhereThePolicySaysSo() async throws {
        let bench = bench
        try await bench.withDaemon(pool: PoolPolicy(size: 2, isReleasedOnShutdown: true)) { daemon in
            let opened = try await daemon.manager.open(OpenRequest("one"))
            try await full(daemon)
            await daemon.manager.shutdown(releasing: false)
            #expect(bench.cluster.state.boxes.values.map(\.uid) == [opened.session.sandbox?.uid])
        }
    }

    @Test func aClaimedSandboxIsLabelledAgainUntilItSucceeds() async throws {
        let bench = bench
        bench.cluster.script { $0.relabelError = .backendUnavailable("no answer") }
        let id = try SessionID("one")
        try await bench.withDaemon(pool: pool) { daemon in
            try await full(daemon)
            _ = try await daemon.manager.open(OpenRequest("one"))
            await bench.cluster.wait { $0.failedRelabels == 1 }
            bench.cluster.script { $0.relabelError = nil }
            try await eventually("it is labelled") {
                bench.clock.advance(by: .seconds(1))
                return bench.cluster.state.boxes.values.contains { $0.claim.sessionID == id }
            }
        }
    }

    /// Cut off between any two calls of the store while the pool fills and a session claims.
    @Test(arguments: 1..<16) func aKillAtAnyCallLeaksNothingAndLosesNothing(calls: Int) async throws {
        let bench = bench
        let kept = try await bench.withDaemon(pool: pool) { daemon in
            daemon.store.kill(afterCalls: calls)
            let manager = daemon.manager
            let opened = Task { try? await manager.open(OpenRequest("one", uid: 1)).session.sandbox?.uid }
            let more = Task { try? await manager.open(OpenRequest("two", uid: 2)).session.sandbox?.uid }
            try await eventually("the store is cut off, or everything is done") {
                daemon.store.isDead || manager.pools().first?.ready == 2 && manager.counts().ready == 2
            }
            daemon.store.kill()
            await manager.shutdown(releasing: false)
            return ["one": await opened.value, "two": await more.value]
        }
        try await bench.withDaemon(pool: pool) { daemon in
            for (id, uid) in kept {
                let opened = try await daemon.manager.open(OpenRequest(id, uid: id == "one" ? 1 : 2))
                if let uid { #expect(opened.session.sandbox?.uid == uid) }
            }
            try await full(daemon)
            try await eventually("two sessions, two warm sandboxes") { bench.cluster.state.boxes.count == 4 }
        }
    }
}
