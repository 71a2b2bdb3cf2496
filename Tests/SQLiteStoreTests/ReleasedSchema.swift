// swift-format-ignore-file: the dump is what it is.

import Testing

/// A store as a release wrote it, its schema and a few rows, dumped as SQL. One is added with every release that
/// changed the schema, and none is ever changed.
struct ReleasedSchema: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let dump: String

    static let all = [
        Self(testDescription: "schema 1", dump: schema1)
    ]

    /// From a daemon that was killed with two sessions ready and one ended.
    private static let schema1 = """
        PRAGMA application_id = 1347372107;
        BEGIN TRANSACTION;
        CREATE TABLE clock (
            id INTEGER PRIMARY KEY CHECK (id = 1), instant INTEGER NOT NULL, boot_id TEXT NOT NULL,
            monotonic INTEGER NOT NULL
        ) STRICT;
        INSERT INTO "clock" VALUES(1,0,'99765495-ed63-414c-983b-70ec39888a96',1490041);
        CREATE TABLE deletion (
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
        gone_reason TEXT, reason TEXT NOT NULL, detail TEXT NOT NULL, enters_history INTEGER NOT NULL,
            PRIMARY KEY (session_id, generation)
        ) STRICT;
        CREATE TABLE generation (session_id TEXT PRIMARY KEY NOT NULL, latest INTEGER NOT NULL)
            STRICT, WITHOUT ROWID;
        INSERT INTO "generation" VALUES('ended',1);
        INSERT INTO "generation" VALUES('user-42',1);
        INSERT INTO "generation" VALUES('zweite ü',1);
        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
        INSERT INTO "grdb_migrations" VALUES('1');
        CREATE TABLE history (
            id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, generation INTEGER NOT NULL,
            profile TEXT NOT NULL, owner_uid INTEGER NOT NULL, owner_gid INTEGER NOT NULL, owner_user TEXT,
            labels TEXT NOT NULL, sandbox_name TEXT NOT NULL, sandbox_uid TEXT, created_at INTEGER NOT NULL,
            ready_at INTEGER, last_activity_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
            reason TEXT NOT NULL, detail TEXT NOT NULL
        ) STRICT;
        INSERT INTO "history" VALUES(1,'ended',1,'default',0,0,'root','{}','sandbox-ended-44f3a902-1','18e2bd71-63b3-4257-8419-d7a15374f26b',1795643493924,1795643493952,1795643493952,1795643494006,'released','done');
        CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO "meta" VALUES('instance_id','688f1c08-20c0-45bd-9ee2-4c0948966bc7');
        CREATE TABLE quarantine (
            id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, session_id TEXT, sandbox_name TEXT,
            nonce TEXT, content TEXT NOT NULL, error TEXT NOT NULL
        ) STRICT;
        CREATE TABLE session (session_id TEXT NOT NULL,
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
        gone_reason TEXT, PRIMARY KEY (session_id)) STRICT;
        INSERT INTO "session" VALUES('user-42',1,'ready','default','sandbox-user-42-c2416b57-1','{"name":"sandbox-user-42-c2416b57-1","pid":6986,"workDirectory":"/var/lib/podkeeper/local/sandboxes/sandbox-user-42-c2416b57-1/workspace","uid":"3ba9c761-ba34-4d2c-8a80-67d7c427f088"}','edba9d05f759e4507aaab847703c0ce7','1ebd143e1d3acb46e49c1c30a1b49e3406eb9246dc2e0b52031e7037ada1021f',0,0,'root','{"team":"search"}','{"A":"b c"}',1795643493743,103,1795643493811,171,1795643493811,171,'session.get_or_create',1,3600000,NULL,60103,NULL,NULL);
        INSERT INTO "session" VALUES('zweite ü',1,'ready','default','sandbox-zweite-c54b1a62-1','{"name":"sandbox-zweite-c54b1a62-1","pid":7003,"workDirectory":"/var/lib/podkeeper/local/sandboxes/sandbox-zweite-c54b1a62-1/workspace","uid":"789e97d9-1be5-4b78-8fb9-3b816a2bcf33"}','63fa72f721c2702fd89bb74d537352c3','c44b213aa44e24e76f4b9358e2820370b5d5e71d411072f580e7fd6acd3e3ddf',0,0,'root','{}','{}',1795643493866,226,1795643493893,254,1795643493893,254,'session.get_or_create',1,900000,NULL,60226,NULL,NULL);
        CREATE UNIQUE INDEX session_name ON session (sandbox_name);
        CREATE INDEX session_held ON session (state, owner_uid);
        CREATE INDEX history_session ON history (session_id, id);
        DELETE FROM sqlite_sequence;
        INSERT INTO "sqlite_sequence" VALUES('history',1);
        COMMIT;
        """
}
