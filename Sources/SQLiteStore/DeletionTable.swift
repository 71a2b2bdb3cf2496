import GRDB
import SandboxCore
import SessionManager

/// The table of sandboxes that are to go.
enum DeletionTable {
    static func insert(_ db: Database, _ pending: PendingDeletion) throws {
        var values = try SessionColumns.values(pending.record)
        values += [pending.reason.rawValue, pending.detail, pending.entersHistory ? 1 : 0]
        try db.cachedStatement(
            sql: """
                INSERT INTO deletion (\(SessionColumns.list), reason, detail, enters_history)
                VALUES (\(SessionColumns.placeholders), ?, ?, ?)
                """
        ).execute(arguments: StatementArguments(values))
    }

    static func remove(_ db: Database, _ key: SandboxKey) throws {
        try db.cachedStatement(sql: "DELETE FROM deletion WHERE session_id = ? AND generation = ?")
            .execute(arguments: [key.sessionID.rawValue, key.generation])
        guard db.changesCount == 1 else { throw StoreFault("no deletion of session \(key) is on record") }
    }

    static func pending(_ row: Row) throws -> PendingDeletion {
        let reader = RowReader(row: row)
        let next = SessionColumns.names.count
        return PendingDeletion(
            record: try SessionColumns.record(row), reason: try reader.choice(next),
            detail: try reader.text(next + 1), entersHistory: try reader.integer(next + 2) != 0)
    }
}
