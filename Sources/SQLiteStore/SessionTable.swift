import GRDB
import SandboxCore
import SessionManager

/// The table of living and failed sessions: at most one row per id.
enum SessionTable {
    // MARK: Reservation

    /// Counted in the transaction that inserts: no two reservations can both take the last place.
    /// What a pool keeps for nobody yet only counts as starting.
    static func checkLimits(
        _ db: Database, _ limits: SessionLimits, owner: SessionOwner, isStarting: Bool = true
    ) throws {
        func count(_ condition: String, _ arguments: StatementArguments = []) throws -> Int {
            try Int.fetchOne(
                db.cachedStatement(sql: "SELECT COUNT(*) FROM session WHERE \(condition)"), arguments: arguments) ?? 0
        }
        let starting = try count("state = 'starting'")
        let ready = try count("state = 'ready'")
        // Only where there is such a limit: it costs a count of its own.
        let owned =
            limits.perOwner == nil
            ? 0 : try count("state IN ('starting', 'ready') AND owner_uid = ?", [Int64(owner.uid)])
        let pooled = try count("state IN ('starting', 'ready') AND owner_uid = ?", [Int64(SessionOwner.pool.uid)])
        let isPool = owner.uid == SessionOwner.pool.uid
        try limits.check(
            held: isPool ? 0 : starting + ready - pooled, heldByOwner: isPool ? 0 : owned,
            startingNow: isStarting ? starting : 0, owner: owner)
    }

    static func nextGeneration(_ db: Database, _ sessionID: SessionID) throws -> Int {
        let generation = try Int.fetchOne(
            db.cachedStatement(
                sql: """
                    INSERT INTO generation (session_id, latest) VALUES (?, 1)
                    ON CONFLICT (session_id) DO UPDATE SET latest = latest + 1 RETURNING latest
                    """),
            arguments: [sessionID.rawValue])
        guard let generation else { throw StoreFault("session \(sessionID) got no generation") }
        return generation
    }

    /// A failed generation gives way; any other row is in the way.
    static func insertReserved(_ db: Database, _ record: SessionRecord) throws {
        try db.cachedStatement(sql: "DELETE FROM session WHERE session_id = ? AND state = 'failed'")
            .execute(arguments: [record.sessionID.rawValue])
        do {
            try db.cachedStatement(
                sql: "INSERT INTO session (\(SessionColumns.list)) VALUES (\(SessionColumns.placeholders))"
            ).execute(arguments: StatementArguments(SessionColumns.values(record)))
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw SandboxError(.conflict, "session \(record.sessionID) or its sandbox's name is taken in the store")
        }
    }

    // MARK: Steps

    static func becomeReady(_ db: Database, _ record: SessionRecord, mark: Int64) throws {
        try db.cachedStatement(
            sql: """
                UPDATE session SET state = 'ready', sandbox = ?, ready_at = ?, ready_instant = ?, last_activity_at = ?,
                last_activity_instant = ?, last_operation = ?, activity_mark = ?
                WHERE session_id = ? AND generation = ? AND state = 'starting'
                """
        ).execute(arguments: [
            try record.sandbox.map(SessionColumns.json), record.ready?.wall.milliseconds,
            record.ready?.instant.milliseconds, record.lastActivity.wall.milliseconds,
            record.lastActivity.instant.milliseconds, record.lastOperation, mark, record.sessionID.rawValue,
            record.generation,
        ])
        try expectOneChange(db, record.key)
    }

    static func updateSandbox(_ db: Database, _ key: SandboxKey, _ info: SandboxInfo) throws {
        // The session may have ended meanwhile, and then nobody needs it.
        try db.cachedStatement(sql: "UPDATE session SET sandbox = ? WHERE session_id = ? AND generation = ?")
            .execute(arguments: [try SessionColumns.json(info), key.sessionID.rawValue, key.generation])
    }

    /// False where the session has ended meanwhile: then nobody needs it.
    static func update(_ db: Database, _ record: SessionRecord) throws -> Bool {
        try db.cachedStatement(
            sql: """
                UPDATE session SET labels = ?, idle_timeout = ?, max_lifetime = ?, idle_timeout_origin = ?,
                max_lifetime_origin = ? WHERE session_id = ? AND generation = ?
                """
        ).execute(arguments: [
            try SessionColumns.json(record.labels), record.idleTimeout?.wholeMilliseconds,
            record.maxLifetime?.wholeMilliseconds, record.idleTimeoutOrigin?.rawValue,
            record.maxLifetimeOrigin?.rawValue, record.sessionID.rawValue, record.generation,
        ])
        return db.changesCount == 1
    }

    static func fail(_ db: Database, _ record: SessionRecord) throws {
        try db.cachedStatement(
            sql: """
                UPDATE session SET state = 'failed', message = ?, gone_reason = ?, activity_mark = 0
                WHERE session_id = ? AND generation = ? AND state = 'ready'
                """
        ).execute(arguments: [
            record.message, record.goneReason?.rawValue, record.sessionID.rawValue, record.generation,
        ])
        try expectOneChange(db, record.key)
    }

    static func remove(_ db: Database, _ key: SandboxKey) throws {
        try db.cachedStatement(sql: "DELETE FROM session WHERE session_id = ? AND generation = ?")
            .execute(arguments: [key.sessionID.rawValue, key.generation])
        try expectOneChange(db, key)
    }

    // MARK: Activity

    static func mark(_ db: Database, _ key: SandboxKey, _ mark: Int64) throws {
        // Of several users of one session the latest mark stands, in whatever order they come.
        try db.cachedStatement(
            sql: """
                UPDATE session SET activity_mark = max(activity_mark, ?)
                WHERE session_id = ? AND generation = ? AND state = 'ready'
                """
        ).execute(arguments: [mark, key.sessionID.rawValue, key.generation])
    }

    static func settle(_ db: Database, _ stamp: ActivityStamp) throws {
        try db.cachedStatement(
            sql: """
                UPDATE session SET last_activity_at = ?, last_activity_instant = ?, last_operation = ?, activity_mark = 0
                WHERE session_id = ? AND generation = ? AND activity_mark <= ?
                """
        ).execute(arguments: [
            stamp.lastActivity.wall.milliseconds, stamp.lastActivity.instant.milliseconds, stamp.lastOperation,
            stamp.key.sessionID.rawValue, stamp.key.generation, stamp.mark,
        ])
    }

    private static func expectOneChange(_ db: Database, _ key: SandboxKey) throws {
        guard db.changesCount == 1 else {
            throw StoreFault("the row of session \(key) is not as expected")
        }
    }
}
