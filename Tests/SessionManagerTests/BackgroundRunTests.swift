import SandboxCore
import SessionManager
import Testing

/// Runs that go on without a caller keep their session.
@Suite(.timeLimit(.minutes(1)))
struct BackgroundRunTests {
    let bench: TestBench
    let policy = SessionPolicy(idleTimeout: .seconds(100))
    private let request = RunRequest(argv: ["make"], runID: "build")

    init() throws { bench = try TestBench() }

    @Test func holdsALeaseUntilItHasEnded() async throws {
        let bench = bench
        try await bench.withDaemon(policy: policy) { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            try await daemon.manager.startRun(request, in: id)
            #expect(daemon.manager.counts().leases == 1)
            // A repeat starts nothing, and holds nothing.
            try await daemon.manager.startRun(request, in: id)
            #expect(daemon.manager.counts().leases == 1)
            for _ in 0..<20 { bench.clock.advance(by: .seconds(60)) }
            #expect(try daemon.manager.get(id).state == .ready)
            // No answer says nothing about the run.
            bench.cluster.script { $0.isMute = true }
            let checks = bench.cluster.state.runChecks
            try await eventually("the run is asked for in vain") {
                bench.clock.advance(by: .seconds(1))
                return bench.cluster.state.runChecks > checks
            }
            #expect(daemon.manager.counts().leases == 1)
            bench.cluster.change { state in
                state.script.isMute = false
                state.runs = [:]
            }
            try await eventually("the lease ends with the run") {
                bench.clock.advance(by: .seconds(1))
                return daemon.manager.counts().leases == 0
            }
            bench.clock.advance(by: .seconds(101))
            await bench.cluster.wait { $0.boxes.isEmpty }
        }
    }

    @Test func itsEndIsNoticedAtOnceWhereTheSandboxTells() async throws {
        let bench = bench
        bench.cluster.script { $0.tellsEnds = true }
        try await bench.withDaemon(policy: policy) { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            try await daemon.manager.startRun(request, in: id)
            #expect(daemon.manager.counts().leases == 1)
            bench.cluster.change { $0.runs = [:] }
            // The clock stands still.
            try await eventually("the lease ends with the run") { daemon.manager.counts().leases == 0 }
        }
    }

    @Test func holdsALeaseAfterARestart() async throws {
        let bench = bench
        let id = try SessionID("one")
        try await bench.withDaemon(policy: policy) { daemon in
            _ = try await daemon.manager.open(OpenRequest("one"))
            try await daemon.manager.startRun(request, in: id)
            daemon.store.kill()
        }
        for _ in 0..<20 { bench.clock.advance(by: .seconds(60)) }
        try await bench.withDaemon(policy: policy) { daemon in
            try await eventually("the run's lease is there again") { daemon.manager.counts().leases == 1 }
            for _ in 0..<20 { bench.clock.advance(by: .seconds(60)) }
            #expect(try daemon.manager.get(id).state == .ready)
            bench.cluster.change { $0.runs = [:] }
            try await eventually("the lease ends with the run") {
                bench.clock.advance(by: .seconds(1))
                return daemon.manager.counts().leases == 0
            }
        }
    }

    @Test func anOlderExecServerIsAdoptedAllTheSame() async throws {
        let bench = bench
        let uid = try await bench.withDaemon { daemon in
            let opened = try await daemon.manager.open(OpenRequest("one"))
            daemon.store.kill()
            return opened.session.sandbox?.uid
        }
        bench.cluster.script { $0.knowsNoRuns = true }
        try await bench.withDaemon { daemon in
            let again = try await daemon.manager.open(OpenRequest("one"))
            #expect(!again.created)
            #expect(again.session.sandbox?.uid == uid)
        }
    }

    @Test func endsWithItsSession() async throws {
        let bench = bench
        try await bench.withDaemon(policy: policy) { daemon in
            let id = try await daemon.manager.open(OpenRequest("one")).session.sessionID
            try await daemon.manager.startRun(request, in: id)
            #expect(try await daemon.manager.release(id, reason: "released", wait: true))
            #expect(daemon.manager.counts().leases == 0)
            #expect(bench.cluster.state.boxes.isEmpty)
        }
    }
}
