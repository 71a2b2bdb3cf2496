import SandboxCore
import Testing

@testable import SessionManager

/// The rules alone: every event and every answer in the order that the test says.
@Suite struct SessionStateMachineTests {
    var bench = MachineBench(policy: SessionPolicy(idleTimeout: .seconds(100)))

    @Test mutating func theRowIsCommittedBeforeTheFirstCallToTheBackend() throws {
        guard case .wait(let waiter) = try bench.open(MachineBench.request("one")) else {
            Issue.record("a new session cannot be ready at once")
            return
        }
        #expect(bench.pending.count == 1)
        guard case .reserve = bench.pending.first else {
            Issue.record("\(bench.pending)")
            return
        }
        bench.perform(0, fails: false)
        guard case .start = bench.pending.first else {
            Issue.record("\(bench.pending)")
            return
        }
        #expect(bench.machine.counts.starting == 1)
        bench.perform(0, fails: false)
        // Made, but not on record as ready: nobody is told yet.
        #expect(bench.outcomes[waiter] == nil)
        bench.perform(0, fails: false)
        guard case .opened(let opened) = bench.outcomes[waiter] else {
            Issue.record("\(bench.outcomes)")
            return
        }
        #expect(opened.created)
        #expect(opened.session.state == .ready)
    }

    @Test mutating func aRefusedReservationLeavesNothing() throws {
        guard case .wait(let waiter) = try bench.open(MachineBench.request("one")) else { return }
        bench.perform(0, fails: true)
        guard case .failed = bench.outcomes[waiter] else {
            Issue.record("\(bench.outcomes)")
            return
        }
        #expect(bench.machine.sessions.isEmpty)
        #expect(bench.machine.tally == LimitTally())
        #expect(bench.pending.isEmpty)
    }

    @Test mutating func aFullDiskAtTheReplacementKeepsTheFailedSessionShown() throws {
        let opened = try #require(try bench.opened(MachineBench.request("one")))
        kill(opened)
        bench.settle()
        _ = try bench.open(MachineBench.request("one"))
        bench.perform(0, fails: true)
        let session = try bench.machine.get(opened.session.sessionID, now: bench.now)
        #expect(session.state == .failed)
        #expect(bench.machine.tally.held == 0)
    }

    @Test mutating func aReleaseIsNotTurnedBackByAnyPhaseOfTheStart() throws {
        // 0: reserving, 1: starting, 2: confirming.
        for phase in 0...2 {
            let request = try MachineBench.request("phase-\(phase)")
            guard case .wait(let opening) = try bench.open(request) else { return }
            for _ in 0..<phase { bench.perform(0, fails: false) }
            guard
                case .wait(let releasing) = try bench.machine.release(
                    request.sessionID, detail: "test", waits: true, now: bench.now)
            else { return }
            bench.settle()
            guard case .failed(let error) = bench.outcomes[opening] else {
                Issue.record("phase \(phase): \(String(describing: bench.outcomes[opening]))")
                return
            }
            #expect(error.kind == .sandboxGone(.released))
            #expect(bench.outcomes[releasing] == .stopped)
            #expect(bench.sandboxes.isEmpty)
            #expect(bench.rows.isEmpty)
            #expect(bench.deletions.isEmpty)
        }
        #expect(bench.faults.isEmpty)
    }

    @Test mutating func aCalledOffStartIsAwaitedBeforeItsSandboxIsDeleted() throws {
        let request = try MachineBench.request("one")
        _ = try bench.open(request)
        bench.perform(0, fails: false)
        _ = try bench.machine.release(request.sessionID, detail: "test", waits: true, now: bench.now)
        bench.collect()
        let key = SandboxKey(request.sessionID, 1)
        let start = try #require(
            bench.pending.firstIndex {
                if case .start = $0 { true } else { false }
            })
        let commit = try #require(
            bench.pending.firstIndex {
                if case .commit(.beginDeletion) = $0 { true } else { false }
            })
        bench.perform(commit, fails: false)
        #expect(bench.machine.deletions[key]?.phase == .awaitingStart)
        // It ignored the cancellation and succeeds after all: its uid is known to the deletion.
        bench.perform(start, fails: false)
        let target = bench.pending.compactMap { action -> DiscardTarget? in
            if case .discard(_, let target) = action { target } else { nil }
        }
        #expect(target.map(\.uid) == ["uid-\(key)"])
    }

    @Test mutating func aDeadSessionLeavesTheLimitsAtOnceAndTheListAfterAnHour() throws {
        let opened = try #require(try bench.opened(MachineBench.request("one")))
        kill(opened)
        bench.settle()
        #expect(bench.machine.tally.held == 0)
        #expect(bench.history.map(\.reason) == [.oomKilled])
        #expect(bench.deletions.isEmpty)
        #expect(bench.machine.counts.failed == 1)
        bench.advance(by: .seconds(3600))
        bench.settle()
        #expect(bench.machine.counts.failed == 0)
        #expect(bench.rows.isEmpty)
        #expect(bench.history.count == 1)
        #expect(bench.faults.isEmpty)
    }

    @Test mutating func anEventAboutAnotherSandboxOfThatNameIsNothing() throws {
        let opened = try #require(try bench.opened(MachineBench.request("one")))
        bench.machine.sandboxGone(
            name: opened.session.sandboxName, uid: "another", .deleted, detail: "", now: bench.now)
        bench.collect()
        #expect(bench.pending.isEmpty)
        #expect(bench.machine.counts.ready == 1)
    }

    @Test mutating func deathDuringTheLastCommitOfAStartIsLookedInto() throws {
        let request = try MachineBench.request("one")
        _ = try bench.open(request)
        bench.perform(0, fails: false)
        bench.perform(0, fails: false)
        let key = SandboxKey(request.sessionID, 1)
        let uid = try #require(bench.sandboxes[key])
        bench.sandboxes[key] = nil
        bench.machine.sandboxGone(name: "box-\(key)", uid: uid, .evicted, detail: "", now: bench.now)
        bench.settle()
        #expect(bench.machine.counts.failed == 1)
    }

    @Test mutating func manyUsesOfASessionAreOneWrite() throws {
        let opened = try #require(try bench.opened(MachineBench.request("one")))
        let id = opened.session.sessionID
        // Fresh from its start it is marked by the commit that made it ready.
        for _ in 0..<100 { #expect(try bench.machine.touch(id, now: bench.now).mark == nil) }
        bench.advance(by: .seconds(6))
        #expect(bench.pending.count == 1)
        bench.settle()
        #expect(bench.machine.sessions[id]?.mark == .settled(1))
        let mark = try #require(try bench.machine.touch(id, now: bench.now).mark)
        // Until it is on record everybody who uses the session waits for it.
        #expect(try bench.machine.touch(id, now: bench.now).mark == mark)
        bench.machine.marked(SandboxKey(id, 1), mark: mark, now: bench.now)
        #expect(try bench.machine.touch(id, now: bench.now).mark == nil)
    }

    @Test mutating func usedWhileBeingSettledStaysMarked() throws {
        let opened = try #require(try bench.opened(MachineBench.request("one")))
        let id = opened.session.sessionID
        bench.advance(by: .seconds(6))
        let mark = try #require(try bench.machine.touch(id, now: bench.now).mark)
        bench.machine.marked(SandboxKey(id, 1), mark: mark, now: bench.now)
        // The older stamp arrives late; the store drops it by its mark, and so does the machine.
        bench.settle()
        #expect(bench.machine.sessions[id]?.mark == .committed(mark))
        #expect(bench.machine.unsettled == [id])
    }

    @Test mutating func waitersOfAllKindsEndAtTheirDeadline() throws {
        let request = try MachineBench.request("one")
        guard case .wait(let first) = try bench.open(request, timeout: .seconds(1)),
            case .wait(let second) = try bench.open(request)
        else { return }
        bench.advance(by: .seconds(1))
        guard case .failed(let error) = bench.outcomes[first] else {
            Issue.record("\(bench.outcomes)")
            return
        }
        #expect(error.kind == .deadlineExceeded)
        #expect(bench.outcomes[second] == nil)
        bench.settle()
        guard case .opened = bench.outcomes[second] else {
            Issue.record("\(bench.outcomes)")
            return
        }
    }

    @Test mutating func timeoutsOfAnsweredCallersDoNotPileUp() throws {
        for number in 0..<1_000 {
            _ = try bench.open(MachineBench.request("id-\(number)"), timeout: .seconds(1_800))
            bench.settle()
            _ = try bench.machine.release(
                try SessionID("id-\(number)"), detail: "test", waits: false, now: bench.now)
            bench.settle()
        }
        // What is left is the idle times of sessions that are gone, which pass by themselves.
        #expect(bench.machine.dues.count < 1_300)
        #expect(bench.machine.waiters.isEmpty)
    }

    @Test(arguments: [
        StoredSessions.Quarantined(sessionID: "lost", sandboxName: nil, nonce: "other"),
        StoredSessions.Quarantined(sessionID: nil, sandboxName: "box-lost-1", nonce: nil),
        StoredSessions.Quarantined(sessionID: nil, sandboxName: nil, nonce: "n"),
        StoredSessions.Quarantined(sessionID: nil, sandboxName: nil, nonce: nil),
    ])
    mutating func theSandboxOfAnUnreadableRowIsLeftAlone(row: StoredSessions.Quarantined) throws {
        let found = FoundSandbox(
            name: "box-lost-1", uid: "u", nonce: "n", sessionID: try SessionID("lost"), generation: 1,
            isTerminating: false)
        bench.machine.restore(StoredSessions(quarantined: [row]), now: bench.now)
        bench.collect()
        bench.pending = []
        #expect(bench.machine.inventoryTaken(.success([found]), now: bench.now) == [.quarantined(found)])
        bench.collect()
        #expect(bench.pending.isEmpty)
    }

    private mutating func kill(_ opened: OpenedSession) {
        let key = SandboxKey(opened.session.sessionID, opened.session.generation)
        bench.sandboxes[key] = nil
        bench.machine.sandboxGone(
            name: opened.session.sandboxName, uid: opened.session.sandbox?.uid ?? "", .oomKilled, detail: "test",
            now: bench.now)
        bench.collect()
    }
}
