import GRDB
import SandboxCore
import SessionManager

/// The table of events. Every row is written in the transaction of the change that it tells of.
enum EventTable {
    private static let columns =
        "seq, at, type, session_id, generation, owner_uid, reason, detail, exit_code, reap_at"

    /// Returns its number; nil where there is no event.
    static func insert(_ db: Database, _ event: EventRecord?, keeping bound: StoreRetention.Bound) throws -> Int64? {
        guard let event else { return nil }
        try db.cachedStatement(sql: "INSERT INTO event (\(columns)) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .execute(arguments: [
                event.at.milliseconds, event.kind.rawValue, event.sessionID.rawValue, event.generation,
                Int64(event.ownerUID), event.reason?.rawValue, event.detail, event.exitCode,
                event.reapAt?.milliseconds,
            ])
        let sequence = db.lastInsertedRowID
        try RetainedTable.trim(db, "event", id: "seq", time: "at", now: event.at, to: bound)
        return sequence
    }

    /// 0 where there was none yet.
    static func latest(_ db: Database) throws -> Int64 {
        // Not the greatest of the table: that may be empty after a while.
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT seq FROM sqlite_sequence WHERE name = 'event'")) ?? 0
    }

    static func page(_ db: Database, _ query: EventQuery) throws -> EventPage {
        let limit = min(max(query.limit, 1), EventQuery.maximumLimit)
        var conditions = ["seq > ?"]
        var arguments: StatementArguments = [query.after]
        if let sessionID = query.filter.sessionID {
            conditions.append("session_id = ?")
            arguments += [sessionID.rawValue]
        }
        if let uid = query.filter.ownerUID {
            conditions.append("owner_uid = ?")
            arguments += [Int64(uid)]
        }
        if let kinds = query.filter.kinds {
            let names = kinds.map(\.rawValue).sorted()
            conditions.append("type IN (\(names.map { _ in "?" }.joined(separator: ", ")))")
            arguments += StatementArguments(names)
        }
        arguments += [limit + 1]
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT \(columns) FROM event WHERE \(conditions.joined(separator: " AND ")) ORDER BY seq LIMIT ?
                    """),
            arguments: arguments)
        let latest = try latest(db)
        let events = try rows.prefix(limit).map(event)
        let oldest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT min(seq) FROM event"))
        return EventPage(
            events: events, latest: latest, oldest: oldest ?? latest + 1,
            next: rows.count > limit ? events.last?.sequence ?? latest : latest)
    }

    private static func event(_ row: Row) throws -> EventRecord {
        let reader = RowReader(row: row)
        return EventRecord(
            sequence: try reader.integer(0), at: Timestamp(milliseconds: try reader.integer(1)),
            kind: try reader.choice(2), sessionID: try SessionID(reader.text(3)),
            generation: Int(try reader.integer(4)), ownerUID: try reader.userID(5),
            reason: try reader.optionalChoice(6), detail: try reader.optionalText(7),
            exitCode: try reader.optionalInteger(8).map { Int($0) },
            reapAt: try reader.optionalInteger(9).map { Timestamp(milliseconds: $0) })
    }
}
