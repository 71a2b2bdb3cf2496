import Foundation
import Logging
import SQLiteStore
import SandboxCore
import SessionManager
import Testing

/// A directory for one test, a cluster, a clock, and daemons that come and go.
final class TestBench: Sendable {
    let directory: URL
    let cluster = ScriptedCluster()
    let clock: ManualClock

    init(clock: ManualClock = ManualClock()) throws {
        self.clock = clock
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("podkeeper-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    var storePath: String { directory.appendingPathComponent("store.db").path }

    struct Daemon: Sendable {
        let manager: SessionManager
        let provider: ScriptedProvider
        let store: KillableStore
    }

    /// One daemon's life, from opening the store until the body returns; then it is stopped (or is dead already).
    func withDaemon<Answer: Sendable>(
        policy: SessionPolicy = SessionPolicy(), pool: PoolPolicy? = nil, shape: String = "a",
        clock: ManualClock? = nil, logger: Logger = .silent,
        _ body: @escaping @Sendable (Daemon) async throws -> Answer
    ) async throws -> Answer {
        let store = KillableStore(try SQLiteStore(path: storePath, logger: logger))
        let provider = ScriptedProvider(cluster, shape: shape)
        let profiles = [
            "default": SessionProfile(name: "default", pool: pool), "other": SessionProfile(name: "other"),
        ]
        let manager = try await SessionManager(
            provider: provider, store: store, policy: policy, profiles: profiles, logger: logger,
            clock: clock ?? self.clock)
        let answer = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await manager.run() }
            defer { group.cancelAll() }
            return try await body(Daemon(manager: manager, provider: provider, store: store))
        }
        try store.close()
        return answer
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

extension OpenRequest {
    init(_ id: String, uid: UInt32 = 1000) throws {
        self.init(sessionID: try SessionID(id), owner: SessionOwner(uid: uid, gid: uid, user: nil))
    }
}

/// Waits until something that others do has happened; fails the test when it does not within ten seconds.
func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(10)
    while try await !condition() {
        try #require(clock.now < end, what, sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(1))
    }
}
