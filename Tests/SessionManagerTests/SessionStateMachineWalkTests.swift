import SandboxCore
import Testing

@testable import SessionManager

/// Random walks, a million events in all: requests, answers, failures and time in any order. What an event breaks for
/// good is noticed at once, the other promises are checked after every few: that is most of what a walk costs.
@Suite("Walks: no order of events breaks a promise", .serialized)
struct SessionStateMachineWalkTests {
    private static let seeds: Range<UInt64> = 0..<32
    private static let eventsEach = 10_000

    private static func policy(_ atLimit: SessionPolicy.AtLimit, seed: UInt64) -> SessionPolicy {
        SessionPolicy(
            idleTimeout: .seconds(12), maxLifetime: .seconds(60), maxSessions: 5, maxSessionsPerOwner: 3,
            maxStarting: 3, atLimit: atLimit, maxQueued: 4, idleWarning: seed.isMultiple(of: 2) ? .seconds(3) : nil)
    }

    @Test(arguments: SessionPolicy.AtLimit.allCases)
    func everyPromiseHoldsAtEveryStep(atLimit: SessionPolicy.AtLimit) throws {
        var told = 0
        for seed in Self.seeds {
            let bench = MachineBench(policy: Self.policy(atLimit, seed: seed))
            let walk = try Self.walk(Walk(bench: bench, random: SeededRandom(seed: seed)), "seed \(seed)")
            #expect(walk.bench.sandboxes.isEmpty, "everything was idle long enough to be reaped")
            #expect(walk.bench.machine.sessions.isEmpty)
            #expect(walk.bench.machine.idsByName.isEmpty)
            #expect(walk.bench.history.count > 10)
            #expect(walk.sameRevisions > 10)
            told += walk.bench.eventCount
        }
        print("walked at_limit \(atLimit.rawValue): \(Self.seeds.count * Self.eventsEach) events in, \(told) told")
    }

    /// The same with a warm pool: no place of a session is taken by it, and nothing is ever given away twice.
    @Test(arguments: SessionPolicy.AtLimit.allCases)
    func everyPromiseHoldsWithAPool(atLimit: SessionPolicy.AtLimit) throws {
        for seed in UInt64(100)..<102 {
            let bench = MachineBench(
                policy: Self.policy(atLimit, seed: seed), pool: PoolPolicy(size: 2, maxStarting: 1))
            var start = Walk(bench: bench, random: SeededRandom(seed: seed))
            start.bench.machine.fillPools(start.bench.now)
            let walk = try Self.walk(start, "seed \(seed)")
            #expect(walk.bench.machine.poolStatus.map(\.ready) == [2])
            #expect(walk.bench.sandboxes.count == 2, "the pool, and nothing else")
            #expect(walk.bench.machine.sessions.count == 2)
            #expect(walk.bench.machine.idsByName.count == 2)
            #expect(walk.bench.claimed.count > 5)
        }
    }

    /// Walks, and lets everything come to its end.
    private static func walk(_ start: Walk, _ name: String) throws -> Walk {
        var walk = start
        for step in 0..<eventsEach {
            try walk.step()
            guard step.isMultiple(of: 5) || !walk.bench.faults.isEmpty else { continue }
            try #require(walk.broken() == [], "\(name), step \(step)")
        }
        // Those who open without waiting have nobody who gives up on them.
        for id in walk.bench.machine.sessions.keys.sorted() {
            guard case .queued = walk.bench.machine.sessions[id]?.phase else { continue }
            _ = try walk.bench.machine.release(id, detail: "test", waits: false, now: walk.bench.now)
        }
        walk.finish()
        // Long enough for every retry, reap and lifetime.
        for _ in 0..<200 {
            walk.bench.advance(by: .seconds(30))
            walk.bench.settle()
        }
        #expect(walk.broken() == [], "\(name), at the end")
        #expect(walk.bench.deletions.isEmpty)
        #expect(walk.bench.machine.waiters.isEmpty)
        #expect(walk.bench.machine.tally.held == 0)
        #expect(walk.bench.machine.leaseCount == 0)
        #expect(walk.bench.machine.order.positions.isEmpty)
        #expect(walk.bench.machine.queue.count == 0)
        return walk
    }
}

private struct Walk {
    var bench: MachineBench
    var random: SeededRandom
    var leases: [Lease] = []
    /// What a session showed when it was last opened from memory.
    private var shown: [SessionID: (revision: SessionRevision, snapshot: SessionSnapshot)] = [:]
    /// How often that was still the same.
    private(set) var sameRevisions = 0

    init(bench: MachineBench, random: SeededRandom) {
        self.bench = bench
        self.random = random
    }

    mutating func step() throws {
        let id = try SessionID("id-\(Int.random(in: 0..<8, using: &random))")
        switch Int.random(in: 0..<100, using: &random) {
        case ..<50:
            guard !bench.pending.isEmpty else { break }
            let index = Int.random(in: 0..<bench.pending.count, using: &random)
            bench.perform(index, fails: Int.random(in: 0..<5, using: &random) == 0)
        case ..<65: open(id)
        case ..<72:
            if case .leased(let lease) = try? bench.machine.acquire(id, LeasePurpose("test"), now: bench.now) {
                leases.append(lease)
            }
        case ..<80:
            guard !leases.isEmpty else { break }
            let lease = leases.remove(at: Int.random(in: 0..<leases.count, using: &random))
            bench.machine.endLease(lease, now: bench.now)
        case ..<83:
            if let touched = try? bench.machine.touch(id, now: bench.now), let mark = touched.mark {
                bench.machine.marked(touched.key, mark: mark, now: bench.now)
            }
        case ..<87:
            _ = try? bench.machine.release(id, detail: "test", waits: Bool.random(using: &random), now: bench.now)
        case ..<89: die(id)
        case ..<90: die(bench.machine.pools.first?.slots.randomElement(using: &random) ?? id)
        case ..<91:
            guard Bool.random(using: &random) else {
                let change = SettingsChange(idleTimeout: .seconds(Int.random(in: 5...30, using: &random)))
                _ = try? bench.machine.update(id, change, now: bench.now)
                break
            }
            _ = bench.machine.cleanupIdle(maxIdle: .seconds(20), dryRun: false, now: bench.now)
        case ..<92: bench.machine.resync()
        case ..<93: bench.machine.suspect(SandboxKey(id, bench.generations[id, default: 0]))
        default: bench.advance(by: .seconds(Int.random(in: 0...10, using: &random)))
        }
        bench.collect()
        takeLeases()
    }

    /// Those that were waited for.
    private mutating func takeLeases() {
        for (waiter, outcome) in bench.outcomes {
            if case .leased(let lease) = outcome {
                leases.append(lease)
            }
            bench.outcomes[waiter] = nil
        }
    }

    private mutating func open(_ id: SessionID) {
        var request = OpenRequest(
            sessionID: id, owner: SessionOwner(uid: UInt32(id.rawValue.hashSeed % 2), gid: 0, user: nil))
        request.waits = Bool.random(using: &random)
        request.attaches = Int.random(in: 0..<5, using: &random) == 0
        openNow(request)
        let timeout: Duration? = Bool.random(using: &random) ? .seconds(5) : nil
        guard case .wait(let waiter) = try? bench.open(request, timeout: timeout) else { return }
        if Int.random(in: 0..<10, using: &random) == 0 {
            _ = bench.machine.cancelWaiter(waiter, with: .cancelled, now: bench.now)
        }
    }

    /// What a session shows is the same as long as its revision is.
    private mutating func openNow(_ request: OpenRequest) {
        let id = request.sessionID
        guard let opened = try? bench.machine.openNow(request, now: bench.now) else { return }
        guard let snapshot = bench.machine.snapshot(of: id, opened.revision, now: bench.now) else {
            bench.faults.append("\(id) has no snapshot for its own revision")
            return
        }
        var expected = snapshot
        if let (revision, earlier) = shown[id] {
            if revision === opened.revision {
                expected = earlier
                sameRevisions += 1
            } else if bench.machine.snapshot(of: id, revision, now: bench.now) != nil {
                bench.faults.append("\(id) has a snapshot for a revision that is over")
            }
        }
        expected.activity = opened.activity
        if snapshot != expected { bench.faults.append("\(id) shows \(snapshot) instead of \(expected)") }
        shown[id] = (opened.revision, snapshot)
    }

    private mutating func die(_ id: SessionID) {
        guard let row = bench.rows[id], row.state == .ready, let uid = bench.sandboxes[row.key] else { return }
        bench.sandboxes[row.key] = nil
        // Half of the time the watch misses it.
        guard Bool.random(using: &random) else { return }
        bench.machine.sandboxGone(name: row.sandboxName, uid: uid, .evicted, detail: "test", now: bench.now)
    }

    /// Everything that is under way is done; then nobody uses anything any more.
    mutating func finish() {
        bench.settle()
        takeLeases()
        for lease in leases { bench.machine.endLease(lease, now: bench.now) }
        leases = []
        bench.settle()
    }

    /// The promises that do not hold, in words.
    func broken() -> [String] {
        var broken = bench.faults
        let machine = bench.machine
        let limits = machine.policy.limits
        let living = bench.rows.values.filter { $0.state != .failed }
        let held = living.filter { !$0.isPooled }
        if held.count > limits.sessions { broken.append("\(held.count) sessions held") }
        if living.count(where: { $0.state == .starting }) > limits.starting { broken.append("too many starts") }
        for uid in UInt32(0)...1 where held.count(where: { $0.owner.uid == uid }) > limits.perOwner ?? .max {
            broken.append("uid \(uid) holds too many")
        }
        var tally = LimitTally()
        for session in machine.sessions.values { tally.add(session.share) }
        if tally.held != machine.tally.held || tally.starting != machine.tally.starting
            || tally.byOwner != machine.tally.byOwner
        {
            broken.append("the tally is wrong")
        }
        for key in bench.sandboxes.keys {
            let hasRow = bench.rows[key.sessionID]?.generation == key.generation
            if !hasRow, bench.deletions[key] == nil { broken.append("nothing speaks of the sandbox \(key)") }
        }
        for (id, count) in Dictionary(grouping: bench.sandboxes.keys, by: \.sessionID).mapValues({ keys in
            keys.count { bench.deletions[$0] == nil }
        }) where count > 1 {
            broken.append("\(id) has \(count) sandboxes")
        }
        for action in bench.pending {
            guard case .commit(.beginDeletion(let deletion)) = action,
                [.idle, .lifetime, .evictedForRoom].contains(deletion.reason),
                let session = machine.session(deletion.record.key), !session.leases.isEmpty
            else { continue }
            broken.append("\(deletion.record.key) is reaped under a lease")
        }
        let queued = machine.sessions.values.filter { if case .queued = $0.phase { true } else { false } }
        if queued.count != machine.queue.count {
            broken.append("\(queued.count) are queued, not \(machine.queue.count)")
        }
        for session in queued {
            let mayGoOn: ()? = try? limits.check(
                held: machine.tally.held, heldByOwner: machine.tally.byOwner[session.record.owner.uid, default: 0],
                startingNow: machine.tally.starting, owner: session.record.owner)
            if mayGoOn != nil { broken.append("\(session.record.sessionID) waits although there is room") }
        }
        if machine.leaseCount != machine.sessions.values.reduce(0, { $0 + $1.leases.count }) {
            broken.append("the leases are miscounted")
        }
        for session in machine.sessions.values where !session.record.sandboxName.isEmpty {
            let id = session.record.sessionID
            if machine.idsByName[session.record.sandboxName] != id { broken.append("the name of \(id) is lost") }
        }
        return broken
    }
}

extension String {
    fileprivate var hashSeed: Int { utf8.reduce(0) { $0 + Int($1) } }
}
