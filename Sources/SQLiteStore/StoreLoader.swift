import Foundation
import GRDB
import Logging
import SandboxCore
import SessionManager

/// Reads everything at the start, and sets aside what cannot be read.
struct StoreLoader {
    let database: Database
    let logger: Logger

    func load() throws -> StoredSessions {
        var stored = StoredSessions(checkpoint: try StoreSchema.checkpoint(database))
        stored.sessions = try rows(
            of: "session", columns: "\(SessionColumns.list), activity_mark", orderedBy: "created_at, session_id"
        ) { row in
            let record = try SessionColumns.record(row)
            guard record.state != .stopping, record.state != .queued else {
                throw StoreFault("state is '\(record.state.rawValue)', which no row has")
            }
            // Without it the sandbox could be neither adopted nor told from another.
            guard record.state == .starting || record.sandbox != nil else { throw StoreFault("sandbox is missing") }
            let mark = try RowReader(row: row).integer(SessionColumns.names.count)
            return StoredSessions.Row(record: record, mark: mark)
        }
        stored.deletions = try rows(
            of: "deletion", columns: "\(SessionColumns.list), reason, detail, enters_history",
            orderedBy: "session_id, generation", DeletionTable.pending)
        stored.quarantined = try Row.fetchAll(
            database, sql: "SELECT session_id, sandbox_name, nonce FROM quarantine"
        ).map { row in
            let reader = RowReader(row: row)
            return StoredSessions.Quarantined(
                sessionID: try reader.optionalText(0), sandboxName: try reader.optionalText(1),
                nonce: try reader.optionalText(2))
        }
        return stored
    }

    private func rows<Value>(
        of table: String, columns: String, orderedBy order: String, _ read: (Row) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        var unreadable: [(rowID: Int64, error: any Error)] = []
        let cursor = try Row.fetchCursor(
            database, sql: "SELECT \(columns), rowid AS row_id FROM \(table) ORDER BY \(order)")
        while let row = try cursor.next() {
            do {
                values.append(try read(row))
            } catch {
                unreadable.append((row["row_id"], error))
            }
        }
        for (rowID, error) in unreadable { try setAside(table, rowID, error) }
        return values
    }

    /// Moves a row, with everything that is in it, to where no daemon acts on it.
    private func setAside(_ table: String, _ rowID: Int64, _ error: any Error) throws {
        guard
            let row = try Row.fetchOne(database, sql: "SELECT * FROM \(table) WHERE rowid = ?", arguments: [rowID])
        else { return }
        var content: [String: String] = [:]
        for (name, value) in row {
            switch value.storage {
            case .null: break
            case .int64(let number): content[name] = String(number)
            case .double(let number): content[name] = String(number)
            case .string(let text): content[name] = text
            case .blob(let data): content[name] = "base64:" + data.base64EncodedString()
            }
        }
        let id = content["session_id"]
        try database.execute(
            sql: """
                INSERT INTO quarantine (source, session_id, sandbox_name, nonce, content, error)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                table, id, content["sandbox_name"], content["nonce"], try SessionColumns.json(content), "\(error)",
            ])
        try database.execute(sql: "DELETE FROM \(table) WHERE rowid = ?", arguments: [rowID])
        logger.critical(
            "a row of the store cannot be read; it is set aside in its table 'quarantine'",
            metadata: ["table": "\(table)", "session": "\(id ?? "unknown")", "error": "\(error)"])
    }
}
