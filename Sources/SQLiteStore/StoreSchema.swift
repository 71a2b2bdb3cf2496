import Foundation
import GRDB
import SessionManager

/// The tables, and how each release changed them.
enum StoreSchema {
    /// "PODK", in the file's header: https://www.sqlite.org/pragma.html#pragma_application_id
    static let applicationID = 0x504F_444B

    /// Columns of a session; a deletion has the same and a few more.
    private static let sessionColumns = """
        session_id TEXT NOT NULL,
        generation INTEGER NOT NULL,
        state TEXT NOT NULL,
        profile TEXT NOT NULL,
        sandbox_name TEXT NOT NULL,
        sandbox TEXT,
        nonce TEXT NOT NULL,
        token TEXT NOT NULL,
        owner_uid INTEGER NOT NULL,
        owner_gid INTEGER NOT NULL,
        owner_user TEXT,
        labels TEXT NOT NULL,
        environment TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        created_instant INTEGER NOT NULL,
        ready_at INTEGER,
        ready_instant INTEGER,
        last_activity_at INTEGER NOT NULL,
        last_activity_instant INTEGER NOT NULL,
        last_operation TEXT NOT NULL,
        activity_mark INTEGER NOT NULL DEFAULT 0,
        idle_timeout INTEGER,
        max_lifetime INTEGER,
        start_deadline INTEGER NOT NULL,
        message TEXT,
        gone_reason TEXT
        """

    private static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(
                sql: """
                    PRAGMA application_id = \(applicationID);
                    CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
                    CREATE TABLE clock (
                        id INTEGER PRIMARY KEY CHECK (id = 1), instant INTEGER NOT NULL, boot_id TEXT NOT NULL,
                        monotonic INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE session (\(sessionColumns), PRIMARY KEY (session_id)) STRICT;
                    CREATE UNIQUE INDEX session_name ON session (sandbox_name);
                    CREATE INDEX session_held ON session (state, owner_uid);
                    CREATE TABLE deletion (
                        \(sessionColumns), reason TEXT NOT NULL, detail TEXT NOT NULL, enters_history INTEGER NOT NULL,
                        PRIMARY KEY (session_id, generation)
                    ) STRICT;
                    CREATE TABLE generation (session_id TEXT PRIMARY KEY NOT NULL, latest INTEGER NOT NULL)
                        STRICT, WITHOUT ROWID;
                    CREATE TABLE history (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, generation INTEGER NOT NULL,
                        profile TEXT NOT NULL, owner_uid INTEGER NOT NULL, owner_gid INTEGER NOT NULL, owner_user TEXT,
                        labels TEXT NOT NULL, sandbox_name TEXT NOT NULL, sandbox_uid TEXT, created_at INTEGER NOT NULL,
                        ready_at INTEGER, last_activity_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
                        reason TEXT NOT NULL, detail TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX history_session ON history (session_id, id);
                    CREATE TABLE quarantine (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, session_id TEXT, sandbox_name TEXT,
                        nonce TEXT, content TEXT NOT NULL, error TEXT NOT NULL
                    ) STRICT;
                    """)
            try db.execute(
                sql: "INSERT INTO meta (name, value) VALUES ('instance_id', ?)",
                arguments: [UUID().uuidString.lowercased()])
        }
        migrator.registerMigration("2 events") { db in
            try db.execute(
                sql: """
                    ALTER TABLE session ADD COLUMN idle_timeout_origin TEXT;
                    ALTER TABLE session ADD COLUMN max_lifetime_origin TEXT;
                    ALTER TABLE deletion ADD COLUMN idle_timeout_origin TEXT;
                    ALTER TABLE deletion ADD COLUMN max_lifetime_origin TEXT;
                    ALTER TABLE history ADD COLUMN exit_code INTEGER;
                    CREATE TABLE event (
                        seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, type TEXT NOT NULL,
                        session_id TEXT NOT NULL, generation INTEGER NOT NULL, owner_uid INTEGER NOT NULL, reason TEXT,
                        detail TEXT, exit_code INTEGER, reap_at INTEGER
                    ) STRICT;
                    CREATE INDEX event_session ON event (session_id, seq);
                    """)
        }
        return migrator
    }()

    static var configuration: Configuration {
        var configuration = Configuration()
        // The lock keeps other daemons out; an operator's sqlite3 shell may still hold the file for a moment.
        configuration.busyMode = .timeout(5)
        // A higher one is refused to ordinary users, which libdispatch writes to standard error.
        configuration.qos = .default
        return configuration
    }

    /// Looks at an existing file read-only: a database of another program, or of a newer podkeeperd, is left alone.
    static func refuseStrangers(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size > 0 else { return }
        // Not `readonly`: a store whose daemon was killed has a log that only a writer can take up. Reading changes
        // nothing but that.
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { db in
            let id = try Int.fetchOne(db, sql: "PRAGMA application_id")
            let tables = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_schema") ?? 0
            guard id == applicationID || tables == 0 else {
                throw StoreError.notAStore(path, "it is an SQLite database of another program")
            }
            guard tables > 0, try migrator.hasBeenSuperseded(db) else { return }
            throw StoreError(
                "store \(path) was written by a newer podkeeperd; run that version, or choose another --store")
        }
        try queue.close()
    }

    static func migrate(_ queue: DatabaseQueue, path: String) throws {
        try StoreFiles.restrict(path)
        try migrator.migrate(queue)
    }

    static func instanceID(_ db: Database) throws -> String {
        guard let id = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE name = 'instance_id'") else {
            throw StoreFault("it has no instance id")
        }
        return id
    }

    static func setCheckpoint(_ db: Database, _ checkpoint: ClockCheckpoint) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO clock (id, instant, boot_id, monotonic) VALUES (1, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE
                SET instant = excluded.instant, boot_id = excluded.boot_id, monotonic = excluded.monotonic
                """
        ).execute(arguments: [
            checkpoint.instant.milliseconds, checkpoint.bootID, checkpoint.monotonic.wholeMilliseconds,
        ])
    }

    static func checkpoint(_ db: Database) throws -> ClockCheckpoint? {
        guard let row = try Row.fetchOne(db, sql: "SELECT instant, boot_id, monotonic FROM clock") else { return nil }
        let (instant, bootID, monotonic): (Int64, String, Int64) = (row[0], row[1], row[2])
        return ClockCheckpoint(
            instant: SessionInstant(milliseconds: instant), bootID: bootID, monotonic: .milliseconds(monotonic))
    }
}
