import GRDB
import SessionManager

/// A table that only grows at its end: its ids grow by one, and its oldest rows go when there are too many, or when
/// they are too old.
enum RetainedTable {
    /// How many rows of too great an age go with each that comes: more than one, so that a backlog shrinks.
    private static let agedPerInsert = 8

    /// After an insert. `time` is the column with the wall time, `now` that of the row just inserted.
    static func trim(
        _ db: Database, _ table: String, id: String, time: String, now: Timestamp, to bound: StoreRetention.Bound
    ) throws {
        try db.cachedStatement(sql: "DELETE FROM \(table) WHERE \(id) <= ?")
            .execute(arguments: [db.lastInsertedRowID - Int64(bound.count)])
        guard let age = bound.age else { return }
        try db.cachedStatement(
            sql: """
                DELETE FROM \(table) WHERE \(time) < ?
                AND \(id) IN (SELECT \(id) FROM \(table) ORDER BY \(id) LIMIT \(agedPerInsert))
                """
        ).execute(arguments: [now.advanced(by: .zero - age).milliseconds])
    }
}
