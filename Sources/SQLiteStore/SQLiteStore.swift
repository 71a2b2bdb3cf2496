import GRDB
package import Logging
package import SandboxCore
package import SessionManager
import Synchronization

/// Sessions in one SQLite file: write-ahead log, one connection, one daemon.
///
/// Changes of state are committed with `synchronous=FULL`: they survive a power cut. Concurrent ones share one
/// transaction, so that the price, one fsync, is shared too. Activity is committed with `synchronous=NORMAL`, which
/// kill -9 cannot undo and a power cut may: then idle clocks start at an earlier write, never a session's life.
package final class SQLiteStore: SessionStore {
    package let instanceID: String

    private let path: String
    private let database: DatabaseQueue
    private let lock: StoreLock
    private let file: StoreFile
    private let logger: Logger
    private let retention: StoreRetention
    private let onCommit: @Sendable (_ took: Duration, _ isDurable: Bool) -> Void
    /// Writes that wait for the transaction before theirs; as many as there are callers.
    private let pending = Mutex<[PendingWrite]>([])
    private let sequence: Mutex<Int64>

    /// Opens the store, made anew where there is none, and holds it against every other daemon.
    ///
    /// The file gets mode 0600, because it holds the sandboxes' tokens; directories that are made get 0700. Nothing
    /// that is not a store of ours is ever written to.
    ///
    /// `onCommit`: told of each transaction that was committed and how long that took, on the store's own queue.
    package init(
        path: String, logger: Logger, retention: StoreRetention = StoreRetention(),
        onCommit: @escaping @Sendable (_ took: Duration, _ isDurable: Bool) -> Void = { _, _ in }
    ) throws(StoreError) {
        self.path = path
        self.logger = logger
        self.retention = retention
        self.onCommit = onCommit
        try StoreFiles.makeParents(of: path)
        let lock = try StoreLock(path: path)
        let file: StoreFile
        let latest: Int64
        do throws(StoreError) {
            file = try StoreFile(path)
        } catch {
            lock.takeBack()
            throw error
        }
        do throws(StoreError) {
            (database, instanceID, latest) = try Self.open(path)
        } catch {
            file.takeBack()
            lock.takeBack()
            throw error
        }
        (self.lock, self.file) = (lock, file)
        sequence = Mutex(latest)
    }

    /// Lets go of the file. Writes that were answered are in it already.
    package func close() throws(StoreError) {
        do {
            try database.close()
        } catch {
            throw StoreError("store \(path) could not be closed: \(error)")
        }
        file.release()
        lock.release()
    }

    /// Closes a store that was not needed after all. Removes what `init` has made, unless a session is in it; what was
    /// there before stays.
    package func discard() throws(StoreError) {
        let rows = try? database.read { db in
            try Int.fetchOne(
                db, sql: "SELECT (SELECT COUNT(*) FROM session) + (SELECT COUNT(*) FROM deletion)")
        }
        if file.isNew, rows == 0 {
            file.takeBack()
            lock.takeBack()
        }
        try close()
    }

    private static func open(_ path: String) throws(StoreError) -> (
        DatabaseQueue, instanceID: String, latestEvent: Int64
    ) {
        do {
            try StoreSchema.refuseStrangers(path)
            var configuration = StoreSchema.configuration
            configuration.label = "podkeeper.store"
            configuration.journalMode = .wal
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try StoreSchema.migrate(queue, path: path)
            return try queue.write { db in (queue, try StoreSchema.instanceID(db), try EventTable.latest(db)) }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(opening: path, error)
        }
    }

    // MARK: Transactions

    /// One caller's part of a transaction.
    private struct PendingWrite: Sendable {
        var isDurable: Bool
        /// Does its part; what it returns is called when the whole is committed, or with the error that undid it.
        var run: @Sendable (Database) -> @Sendable ((any Error)?) -> Void
        /// In place of `run`, when the transaction could not begin.
        var abandon: @Sendable (any Error) -> Void
    }

    /// Joins the next transaction. Its own failure undoes its own part only.
    func write<Answer: Sendable>(
        durable: Bool = true, _ body: @escaping @Sendable (Database) throws -> Answer
    ) async throws(SandboxError) -> Answer {
        let result: Result<Answer, SandboxError> = await withCheckedContinuation { continuation in
            let answer: @Sendable (Result<Answer, any Error>) -> Void = { [path] result in
                continuation.resume(returning: result.mapError { SandboxError(store: path, $0) })
            }
            let write = PendingWrite(
                isDurable: durable,
                run: { db in
                    let result = Self.savepoint(db, body)
                    // What went wrong here says more than that it had everything undone.
                    guard case .success = result else { return { _ in answer(result) } }
                    return { failure in answer(failure.map { .failure($0) } ?? result) }
                }, abandon: { answer(.failure($0)) })
            let isFirst = pending.withLock { pending in
                pending.append(write)
                return pending.count == 1
            }
            // The others find a transaction on its way that will take them along.
            guard isFirst else { return }
            database.asyncWriteWithoutTransaction { self.commitPending($0) }
        }
        return try result.get()
    }

    private func commitPending(_ db: Database) {
        let writes = pending.withLock { pending in
            defer { pending = [] }
            return pending
        }
        var completions: [@Sendable ((any Error)?) -> Void] = []
        var failure: (any Error)?
        let isDurable = writes.contains(where: \.isDurable)
        let start = ContinuousClock.now
        do {
            // https://www.sqlite.org/pragma.html#pragma_synchronous: cannot be changed inside a transaction.
            try db.execute(sql: "PRAGMA synchronous = \(isDurable ? "FULL" : "NORMAL")")
            try db.inTransaction(.immediate) {
                completions = writes.map { $0.run(db) }
                return .commit
            }
            onCommit(start.duration(to: .now), isDurable)
        } catch {
            failure = error
            if completions.isEmpty { for write in writes { write.abandon(error) } }
        }
        for completion in completions { completion(failure) }
    }

    private static func savepoint<Answer>(
        _ db: Database, _ body: (Database) throws -> Answer
    ) -> Result<Answer, any Error> {
        do {
            // A full disk may have undone the whole transaction; alone, this part must not be committed.
            guard db.isInsideTransaction else { throw StoreFault("the transaction was undone") }
            var answer: Answer?
            try db.inSavepoint {
                answer = try body(db)
                return .commit
            }
            guard let answer else { throw StoreFault("the savepoint did not run") }
            return .success(answer)
        } catch {
            return .failure(error)
        }
    }

    // MARK: SessionStore

    package func load() async throws(SandboxError) -> StoredSessions {
        let stored = try await write { [logger] db in try StoreLoader(database: db, logger: logger).load() }
        return stored
    }

    package func reserve(
        _ draft: ReservationDraft, nonce: String, token: String, limits: SessionLimits,
        sandboxName: @escaping @Sendable (Int) -> String
    ) async throws(SandboxError) -> SessionRecord {
        let (record, event) = try await write { [retention] db in
            try SessionTable.checkLimits(db, limits, owner: draft.owner)
            let generation = try SessionTable.nextGeneration(db, draft.sessionID)
            let record = draft.record(
                generation: generation, sandboxName: sandboxName(generation), nonce: nonce, token: token)
            try SessionTable.insertReserved(db, record)
            return (record, try EventTable.insert(db, EventRecord(reserved: record), keeping: retention.events))
        }
        note(event)
        return record
    }

    package var latestEvent: Int64 { sequence.withLock { $0 } }

    private func note(_ event: Int64?) {
        guard let event else { return }
        sequence.withLock { $0 = max($0, event) }
    }

    package func claim(
        _ member: SessionRecord, for draft: ReservationDraft, limits: SessionLimits
    ) async throws(SandboxError) -> SessionRecord {
        let (record, event) = try await write { [retention] db in
            try SessionTable.remove(db, member.key)
            try SessionTable.checkLimits(db, limits, owner: draft.owner, isStarting: false)
            let generation = try SessionTable.nextGeneration(db, draft.sessionID)
            let record = draft.record(generation: generation, claiming: member)
            try SessionTable.insertReserved(db, record)
            return (record, try EventTable.insert(db, EventRecord(reserved: record), keeping: retention.events))
        }
        note(event)
        return record
    }

    package func apply(_ change: StoreChange, at: Timestamp) async throws(SandboxError) {
        let event: Int64? = try await write { [retention] db in
            switch change {
            case .becomeReady(let record, let mark): try SessionTable.becomeReady(db, record, mark: mark)
            case .updateSandbox(let key, let info): try SessionTable.updateSandbox(db, key, info)
            case .update(let record): guard try SessionTable.update(db, record) else { return nil }
            case .note: break
            case .beginDeletion(let pending):
                try DeletionTable.insert(db, pending)
                try SessionTable.remove(db, pending.record.key)
            case .fail(let pending, let history):
                try DeletionTable.insert(db, pending)
                try SessionTable.fail(db, pending.record)
                try HistoryTable.insert(db, history, keeping: retention.history)
            case .finishDeletion(let key, let history):
                try DeletionTable.remove(db, key)
                if let history { try HistoryTable.insert(db, history, keeping: retention.history) }
            case .forgetFailed(let record): try SessionTable.remove(db, record.key)
            }
            return try EventTable.insert(db, EventRecord(change, at: at), keeping: retention.events)
        }
        note(event)
    }

    package func markActive(_ key: SandboxKey, mark: Int64) async throws(SandboxError) {
        try await write(durable: false) { db in try SessionTable.mark(db, key, mark) }
    }

    package func settle(_ stamps: [ActivityStamp], checkpoint: ClockCheckpoint) async throws(SandboxError) {
        try await write(durable: false) { db in
            for stamp in stamps { try SessionTable.settle(db, stamp) }
            try StoreSchema.setCheckpoint(db, checkpoint)
        }
    }

    package func events(_ query: EventQuery) async throws(SandboxError) -> EventPage {
        try await write(durable: false) { db in try EventTable.page(db, query) }
    }

    package func history(_ query: HistoryQuery) async throws(SandboxError) -> HistoryPage {
        try await write(durable: false) { db in try HistoryTable.page(db, query) }
    }
}
