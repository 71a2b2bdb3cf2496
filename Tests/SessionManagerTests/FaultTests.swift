import SQLiteStore
import SandboxCore
import SessionManager
import Synchronization
import Testing

/// The real shell on a backend and a store where a third of all calls go wrong, with a clock that runs fast.
@Suite("Faults: no hiccup is taken for a death, no failed deletion for a success")
struct FaultTests {
    private static let policy = SessionPolicy(
        idleTimeout: .seconds(40), maxSessions: 4, maxSessionsPerOwner: 4, maxStarting: 3, atLimit: .evictIdle,
        idleWarning: .seconds(10))

    @Test(.timeLimit(.minutes(2)), arguments: 0..<6)
    func whateverGoesWrongNothingLeaksAndNothingAliveIsReplaced(seed: UInt64) async throws {
        let bench = try TestBench()
        let faults = Faults(seed: seed, clock: bench.clock)
        let store = try SQLiteStore(path: bench.storePath, logger: .silent)
        let provider = FaultyProvider(ScriptedProvider(bench.cluster), faults)
        let manager = try await SessionManager(
            provider: provider, store: FaultyStore(store, faults), policy: Self.policy,
            profiles: ["default": SessionProfile(name: "default")], logger: .silent, clock: bench.clock)
        faults.begin()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await manager.run() }
            group.addTask {
                // A second of the test's clock for every millisecond.
                while !Task.isCancelled {
                    bench.clock.advance(by: .seconds(1))
                    try? await Task.sleep(for: .milliseconds(1))
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { users in
                for number in 0..<6 {
                    users.addTask {
                        var user = try User(number: number, seed: seed, manager: manager, cluster: bench.cluster)
                        for _ in 0..<12 { try await user.step() }
                    }
                }
                try await users.waitForAll()
            }
            faults.heal()
            // Idle long enough, everything ends; every failed deletion is tried until it succeeds.
            try await eventually("every session is reaped and every sandbox gone") {
                bench.cluster.state.boxes.isEmpty && manager.counts().held == 0 && manager.counts().stopping == 0
            }
            let stored = try await store.load()
            #expect(stored.deletions.isEmpty)
            #expect(stored.sessions.allSatisfy { $0.record.state == .failed })
            group.cancelAll()
        }
        #expect(faults.counts.values.reduce(0, +) > 2, "it was a test")
        try store.close()
    }

    /// One user of one session id, which nobody else names.
    private struct User {
        let id: SessionID
        let manager: SessionManager
        let cluster: ScriptedCluster
        var random: SeededRandom

        init(number: Int, seed: UInt64, manager: SessionManager, cluster: ScriptedCluster) throws {
            id = try SessionID("user-\(number)")
            self.manager = manager
            self.cluster = cluster
            random = SeededRandom(seed: seed &* 100 &+ UInt64(number))
        }

        mutating func step() async throws {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4: try await open()
            case 4..<8: await use()
            case 8: _ = try? await manager.touch(id)
            default: _ = try? await manager.release(id)
            }
            #expect(manager.counts().held <= FaultTests.policy.limits.sessions)
        }

        private mutating func open() async throws {
            var request = try OpenRequest(id.rawValue)
            request.timeout = .seconds(300)
            guard let opened = try? await manager.open(request) else { return }
            #expect(opened.replaced == nil, "nothing in this test dies, so nothing is replaced")
            #expect(opened.session.state == .ready)
        }

        /// Longer than the idle timeout: a lease keeps the session whatever the rest of the world does.
        private func use() async {
            _ = try? await manager.withSandbox(id, LeasePurpose("sandbox.run")) { [id, manager, cluster] sandbox in
                let before = try manager.get(id)
                let uid = try await sandbox.execute("id", timeout: .seconds(1)).output
                for _ in 0..<60 { try await Task.sleep(for: .milliseconds(1)) }
                let after = try manager.get(id)
                #expect(after.state == .ready)
                #expect(after.generation == before.generation)
                #expect(cluster.uid(of: after.sandboxName) == uid)
            }
        }
    }
}
