import Foundation
import GRDB
import Logging
import SandboxCore
import SessionManager
import Testing

@testable import SQLiteStore

/// The store on real files.
@Suite final class SQLiteStoreTests {
    private let directory: URL
    private var path: String { directory.appendingPathComponent("deep/er/podkeeper.db").path }
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let limits = SessionLimits(sessions: 10, perOwner: 5, starting: 4)

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "podkeeper-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func store() throws -> SQLiteStore { try SQLiteStore(path: path, logger: logger) }

    private func moment(_ milliseconds: Int64) -> SessionMoment {
        SessionMoment(
            instant: SessionInstant(milliseconds: milliseconds), wall: Timestamp(milliseconds: 1_000_000 + milliseconds)
        )
    }

    private func draft(_ id: String, uid: UInt32 = 1000) throws -> ReservationDraft {
        ReservationDraft(
            sessionID: try SessionID(id), profile: "default", owner: SessionOwner(uid: uid, gid: 1, user: "u"),
            labels: ["team": "sökning"], environment: ["A": "b c"], created: moment(1), idleTimeout: .seconds(5),
            maxLifetime: nil, startDeadline: SessionInstant(milliseconds: 60_001))
    }

    private func reserve(_ store: SQLiteStore, _ draft: ReservationDraft) async throws(SandboxError) -> SessionRecord {
        try await store.reserve(draft, nonce: "nonce", token: "secret", limits: limits) { [id = draft.sessionID] in
            "box-\(id)-\($0)"
        }
    }

    private func ready(_ store: SQLiteStore, _ id: String, uid: UInt32 = 1000, mark: Int64 = 1) async throws
        -> SessionRecord
    {
        var record = try await reserve(store, draft(id, uid: uid))
        record.state = .ready
        record.sandbox = SandboxInfo(
            name: record.sandboxName, uid: "uid-\(id)", namespace: "agents", node: nil, ip: "10.0.0.1", pid: nil,
            workDirectory: "/workspace")
        record.ready = moment(20)
        record.lastActivity = moment(20)
        try await store.apply(.becomeReady(record, mark: mark))
        return record
    }

    @Test func everythingIsThereAfterReopening() async throws {
        let first = try store()
        let instance = first.instanceID
        let starting = try await reserve(first, draft("starting ü 🚀"))
        let live = try await ready(first, "ready")
        let ended = try await ready(first, "ended")
        let deletion = PendingDeletion(record: ended, reason: .idle, detail: "idle for 5 s", entersHistory: true)
        try await first.apply(.beginDeletion(deletion))
        let checkpoint = ClockCheckpoint(
            instant: SessionInstant(milliseconds: 77), bootID: "boot", monotonic: .milliseconds(123_456))
        try await first.settle([], checkpoint: checkpoint)
        try first.close()

        let second = try store()
        #expect(second.instanceID == instance)
        let stored = try await second.load()
        #expect(Set(stored.sessions.map(\.record)) == [starting, live])
        #expect(stored.sessions.map(\.mark).sorted() == [0, 1])
        #expect(stored.deletions == [deletion])
        #expect(stored.deletions.first?.record.state == .stopping)
        #expect(stored.checkpoint == checkpoint)
        #expect(stored.quarantined.isEmpty)
        try second.close()
    }

    @Test func theFileIsPrivateAndSoAreItsCompanions() async throws {
        let store = try store()
        _ = try await reserve(store, draft("one"))
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        for suffix in ["", "-wal", "-shm", ".lock"] { #expect(try mode(path + suffix) == 0o600) }
        #expect(try mode(directory.appendingPathComponent("deep").path) == 0o700)
        #expect(try mode(directory.appendingPathComponent("deep/er").path) == 0o700)
        try store.close()
    }

    @Test func limitsAreCountedInTheTransactionThatReserves() async throws {
        let store = try store()
        for number in 0..<4 { _ = try await reserve(store, draft("starting-\(number)")) }
        await #expect(throws: SandboxError.self) { try await self.reserve(store, self.draft("fifth", uid: 2)) }
        for number in 0..<4 {
            let id = try SessionID("starting-\(number)")
            let record = try #require(try await store.load().sessions.first { $0.record.sessionID == id }?.record)
            var live = record
            live.sandbox = SandboxInfo(name: record.sandboxName, uid: "u", workDirectory: "/")
            live.ready = moment(3)
            try await store.apply(.becomeReady(live, mark: 1))
        }
        _ = try await reserve(store, draft("fifth"))
        do {
            _ = try await reserve(store, draft("sixth"))
            Issue.record("one owner holds too many")
        } catch let error as SandboxError {
            #expect(error.kind == .sessionLimitExceeded(limit: 5, scope: .owner, held: 5))
        }
        // A refused reservation takes no generation.
        let sixth = try await reserve(store, draft("sixth", uid: 2))
        #expect(sixth.generation == 1)
        try store.close()
    }

    @Test func hundredConcurrentReservationsShareTheLimit() async throws {
        let store = try SQLiteStore(path: path, logger: logger)
        let limits = SessionLimits(sessions: 30, perOwner: nil, starting: 100)
        let drafts = try (0..<100).map { try draft("id-\($0)") }
        let granted = await withTaskGroup(of: Bool.self) { group in
            for draft in drafts {
                group.addTask {
                    let record = try? await store.reserve(draft, nonce: "n", token: "t", limits: limits) {
                        "box-\(draft.sessionID)-\($0)"
                    }
                    return record != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(granted == 30)
        #expect(try await store.load().sessions.count == 30)
        try store.close()
    }

    @Test func aTakenIDIsAConflictAndAFailedOneGivesWay() async throws {
        let store = try store()
        var record = try await ready(store, "one")
        do {
            _ = try await reserve(store, draft("one"))
            Issue.record("the id is taken")
        } catch let error as SandboxError {
            #expect(error.kind == .conflict)
        }
        record.message = "it died"
        record.goneReason = .oomKilled
        let deletion = PendingDeletion(record: record, reason: .oomKilled, detail: "d", entersHistory: false)
        let history = HistoryRecord(record, reason: .oomKilled, detail: "d", endedAt: Timestamp(milliseconds: 5))
        try await store.apply(.fail(deletion, history))
        #expect(try await store.load().sessions.map(\.record.state) == [.failed])
        #expect(try await store.load().sessions.map(\.record.goneReason) == [.oomKilled])
        let next = try await reserve(store, draft("one"))
        #expect(next.generation == 2)
        try await store.apply(.finishDeletion(record.key, nil))
        #expect(try await store.load().deletions.isEmpty)
        #expect(try await store.history(HistoryQuery()).records == [history])
        try store.close()
    }

    @Test func aChangeThatDoesNotFitChangesNothing() async throws {
        let store = try store()
        let record = try await ready(store, "one")
        let deletion = PendingDeletion(record: record, reason: .released, detail: "d", entersHistory: true)
        try await store.apply(.beginDeletion(deletion))
        await #expect(throws: SandboxError.self) { try await store.apply(.becomeReady(record, mark: 2)) }
        await #expect(throws: SandboxError.self) { try await store.apply(.beginDeletion(deletion)) }
        await #expect(throws: SandboxError.self) { try await store.apply(.forgetFailed(record)) }
        let stored = try await store.load()
        #expect(stored.sessions.isEmpty)
        #expect(stored.deletions == [deletion])
        try store.close()
    }

    @Test func aLateStampDoesNotUndoALaterMark() async throws {
        let store = try store()
        let record = try await ready(store, "one", mark: 1)
        let checkpoint = ClockCheckpoint(instant: .zero, bootID: "b", monotonic: .zero)
        let stamp = ActivityStamp(key: record.key, mark: 1, lastActivity: moment(40), lastOperation: "x")
        try await store.markActive(record.key, mark: 2)
        try await store.settle([stamp], checkpoint: checkpoint)
        #expect(try await store.load().sessions.first?.mark == 2)
        #expect(try await store.load().sessions.first?.record.lastActivity == moment(20))
        var late = stamp
        late.mark = 2
        try await store.settle([late], checkpoint: checkpoint)
        #expect(try await store.load().sessions.first?.mark == 0)
        #expect(try await store.load().sessions.first?.record.lastActivity == moment(40))
        try store.close()
    }

    @Test func theHistoryIsPagedAndBounded() async throws {
        let store = try SQLiteStore(
            path: path, logger: logger, retention: StoreRetention(history: .init(count: 20, age: nil)))
        for number in 1...30 {
            let record = try await ready(store, "id-\(number % 3)")
            let deletion = PendingDeletion(record: record, reason: .idle, detail: "d", entersHistory: true)
            try await store.apply(.beginDeletion(deletion))
            let history = HistoryRecord(
                record, reason: .idle, detail: "\(number)", endedAt: Timestamp(milliseconds: Int64(number)))
            try await store.apply(.finishDeletion(record.key, history))
        }
        var query = HistoryQuery(limit: 8)
        var details: [String] = []
        repeat {
            let page = try await store.history(query)
            details += page.records.map(\.detail)
            query.cursor = page.nextCursor
        } while query.cursor != nil
        #expect(details == (11...30).reversed().map { "\($0)" })
        let one = try await store.history(HistoryQuery(sessionID: SessionID("id-0"), ownerUID: 1000))
        #expect(one.records.map(\.detail) == ["30", "27", "24", "21", "18", "15", "12"])
        #expect(one.records.map(\.generation) == [10, 9, 8, 7, 6, 5, 4])
        #expect(try await store.history(HistoryQuery(ownerUID: 7)).records.isEmpty)
        #expect(try await store.history(HistoryQuery(cursor: "30")).records.first?.detail == "29")
        for cursor in ["rubbish", "", "0", "-1", "+5", "05", " 5", "31", "99999999999999999999"] {
            await #expect(throws: SandboxError.self, "\(cursor)") {
                try await store.history(HistoryQuery(cursor: cursor))
            }
        }
        try store.close()
    }

    @Test func unreadableRowsAreSetAsideAndReported() async throws {
        let first = try store()
        let good = try await ready(first, "good")
        for id in ["bad-json", "bad-state", "bad-uid", "no-sandbox"] { _ = try await ready(first, id, uid: 2000) }
        let ended = try await ready(first, "bad-deletion")
        try await first.apply(
            .beginDeletion(PendingDeletion(record: ended, reason: .idle, detail: "d", entersHistory: true)))
        try first.close()
        try await DatabaseQueue(path: path).write { db in
            try db.execute(
                sql: """
                    UPDATE session SET sandbox = '{"name": ' WHERE session_id = 'bad-json';
                    UPDATE session SET state = 'dancing' WHERE session_id = 'bad-state';
                    UPDATE session SET owner_uid = -4 WHERE session_id = 'bad-uid';
                    UPDATE session SET sandbox = NULL WHERE session_id = 'no-sandbox';
                    UPDATE deletion SET reason = 'whim' WHERE session_id = 'bad-deletion';
                    """)
        }
        let second = try store()
        let stored = try await second.load()
        #expect(stored.sessions.map(\.record) == [good])
        #expect(stored.deletions.isEmpty)
        let ids = ["bad-deletion", "bad-json", "bad-state", "bad-uid", "no-sandbox"]
        #expect(stored.quarantined.compactMap(\.sessionID).sorted() == ids)
        #expect(stored.quarantined.allSatisfy { $0.nonce == "nonce" && $0.sandboxName?.hasPrefix("box-") == true })
        // It stays there, and the id can be used again with a generation of its own.
        #expect(try await second.load().quarantined == stored.quarantined)
        #expect(try await reserve(second, draft("bad-state")).generation == 2)
        try second.close()
        let contents = try await DatabaseQueue(path: path).read { db in
            try String.fetchAll(db, sql: "SELECT content FROM quarantine WHERE session_id = 'bad-state'")
        }
        #expect(contents.count == 1)
        #expect(contents.first?.contains("dancing") == true)
    }
}

extension SQLiteStore {
    func apply(_ change: StoreChange) async throws(SandboxError) {
        try await apply(change, at: Timestamp(milliseconds: 2_000_000))
    }
}
