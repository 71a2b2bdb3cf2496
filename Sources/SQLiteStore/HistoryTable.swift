import GRDB
import SandboxCore
import SessionManager

/// The table of ended sessions. The oldest make room when there are too many.
enum HistoryTable {
    private static let columns = """
        session_id, generation, profile, owner_uid, owner_gid, owner_user, labels, sandbox_name, sandbox_uid,
        created_at, ready_at, last_activity_at, ended_at, reason, detail,
        exit_code
        """

    static func insert(_ db: Database, _ record: HistoryRecord, keeping bound: StoreRetention.Bound) throws {
        try db.cachedStatement(
            sql: "INSERT INTO history (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [
            record.sessionID.rawValue, record.generation, record.profile, Int64(record.owner.uid),
            Int64(record.owner.gid), record.owner.user, try SessionColumns.json(record.labels), record.sandboxName,
            record.sandboxUID, record.createdAt.milliseconds, record.readyAt?.milliseconds,
            record.lastActivityAt.milliseconds, record.endedAt.milliseconds, record.reason.rawValue, record.detail,
            record.exitCode,
        ])
        try RetainedTable.trim(db, "history", id: "id", time: "ended_at", now: record.endedAt, to: bound)
    }

    static func page(_ db: Database, _ query: HistoryQuery) throws -> HistoryPage {
        let limit = min(max(query.limit, 1), HistoryQuery.maximumLimit)
        var before = Int64.max
        if let cursor = query.cursor {
            // What is spelled otherwise, or is greater than any id that there was, no page has ended with.
            guard let id = Int64(cursor), id > 0, String(id) == cursor, try id <= latest(db) else {
                throw SandboxError.invalid("cursor is not one that session.history gave")
            }
            before = id
        }
        var conditions = ["id < ?"]
        var arguments: StatementArguments = [before]
        if let sessionID = query.sessionID {
            conditions.append("session_id = ?")
            arguments += [sessionID.rawValue]
        }
        if let uid = query.ownerUID {
            conditions.append("owner_uid = ?")
            arguments += [Int64(uid)]
        }
        arguments += [limit + 1]
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT \(columns), id FROM history WHERE \(conditions.joined(separator: " AND "))
                    ORDER BY id DESC LIMIT ?
                    """),
            arguments: arguments)
        let shown = rows.prefix(limit)
        let last = try rows.count > limit ? shown.last.map { try RowReader(row: $0).integer(16) } : nil
        return HistoryPage(records: try shown.map(record), nextCursor: last.map { String($0) })
    }

    private static func latest(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT seq FROM sqlite_sequence WHERE name = 'history'")) ?? 0
    }

    private static func record(_ row: Row) throws -> HistoryRecord {
        let reader = RowReader(row: row)
        return HistoryRecord(
            sessionID: try SessionID(reader.text(0)), generation: Int(try reader.integer(1)),
            profile: try reader.text(2),
            owner: SessionOwner(
                uid: try reader.userID(3), gid: try reader.userID(4), user: try reader.optionalText(5)),
            labels: try SessionColumns.map(reader.text(6)), sandboxName: try reader.text(7),
            sandboxUID: try reader.optionalText(8), createdAt: Timestamp(milliseconds: try reader.integer(9)),
            readyAt: try reader.optionalInteger(10).map { Timestamp(milliseconds: $0) },
            lastActivityAt: Timestamp(milliseconds: try reader.integer(11)),
            endedAt: Timestamp(milliseconds: try reader.integer(12)), reason: try reader.choice(13),
            detail: try reader.text(14), exitCode: try reader.optionalInteger(15).map { Int($0) })
    }
}
