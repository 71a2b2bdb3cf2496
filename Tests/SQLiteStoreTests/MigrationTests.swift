import Foundation
import GRDB
import Logging
import SandboxCore
import SessionManager
import Testing

@testable import SQLiteStore

/// Stores that earlier releases wrote, opened by this one.
@Suite final class MigrationTests {
    private let directory: URL
    private var path: String { directory.appendingPathComponent("podkeeper.db").path }
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("podkeeper-old-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func write(_ dump: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: dump) }
        try queue.close()
    }

    @Test(
        "a store of every released schema is migrated, with all that is in it", arguments: ReleasedSchema.all)
    func everyReleasedSchemaIsMigrated(_ release: ReleasedSchema) async throws {
        try write(release.dump)
        let store = try SQLiteStore(path: path, logger: logger)
        #expect(store.instanceID == "688f1c08-20c0-45bd-9ee2-4c0948966bc7")
        let stored = try await store.load()
        #expect(stored.quarantined.isEmpty)
        #expect(stored.sessions.map(\.record.sessionID.rawValue) == ["user-42", "zweite ü"])
        let first = try #require(stored.sessions.first)
        #expect(first.mark == 1)
        #expect(first.record.labels == ["team": "search"])
        #expect(first.record.environment == ["A": "b c"])
        #expect(first.record.idleTimeout == .seconds(3600))
        #expect(first.record.sandbox?.uid == "3ba9c761-ba34-4d2c-8a80-67d7c427f088")
        #expect(stored.checkpoint?.bootID == "99765495-ed63-414c-983b-70ec39888a96")
        let ended = try await store.history(HistoryQuery()).records
        #expect(ended.map(\.detail) == ["done"])
        #expect(ended.first?.reason == .released)
        // What the schema of today has is usable: the next generation is the second, and writes an event.
        let draft = ReservationDraft(
            sessionID: try SessionID("ended"), profile: "default", owner: SessionOwner(uid: 0, gid: 0, user: nil),
            created: first.record.created, idleTimeout: nil, maxLifetime: nil, startDeadline: .zero)
        let limits = SessionLimits(sessions: 10, perOwner: nil, starting: 10)
        let record = try await store.reserve(draft, nonce: "n", token: "t", limits: limits) { "box-\($0)" }
        #expect(record.generation == 2)
        #expect(try await store.events(EventQuery()).events.map(\.kind) == [.starting])
        try store.close()
    }

    @Test func whatIsKeptIsBoundedByCountAndAge() async throws {
        let retention = StoreRetention(
            history: .init(count: 100, age: .seconds(60)), events: .init(count: 10, age: .seconds(60)))
        let store = try SQLiteStore(path: path, logger: logger, retention: retention)
        func note(_ second: Int64) async throws {
            let event = EventRecord(
                at: Timestamp(milliseconds: second * 1000), kind: .ready, sessionID: try SessionID("s"), generation: 1,
                ownerUID: 7)
            try await store.apply(.note(event), at: event.at)
        }
        for second in Int64(1)...25 { try await note(second) }
        var page = try await store.events(EventQuery())
        #expect(page.events.map(\.sequence) == Array(16...25))
        #expect(page.oldest == 16)
        try await note(80)
        page = try await store.events(EventQuery())
        #expect(page.events.map { $0.at.milliseconds / 1000 } == [20, 21, 22, 23, 24, 25, 80])
        // Filters, and pages that go on where the last one ended.
        #expect(try await store.events(EventQuery(filter: EventFilter(ownerUID: 8))).events.isEmpty)
        let first = try await store.events(EventQuery(after: 0, limit: 3))
        #expect(first.events.count == 3)
        #expect(first.next == first.events.last?.sequence)
        let rest = try await store.events(EventQuery(after: first.next))
        #expect(rest.events.count == 4)
        #expect(rest.next == 26)
        try store.close()
    }
}
