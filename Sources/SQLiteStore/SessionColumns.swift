import Foundation
import GRDB
import SandboxCore
import SessionManager

/// A session's columns, to SQL and back.
enum SessionColumns {
    static let names = [
        "session_id", "generation", "state", "profile", "sandbox_name", "sandbox", "nonce", "token", "owner_uid",
        "owner_gid", "owner_user", "labels", "environment", "created_at", "created_instant", "ready_at",
        "ready_instant", "last_activity_at", "last_activity_instant", "last_operation", "idle_timeout",
        "max_lifetime", "start_deadline", "message", "gone_reason",
        "idle_timeout_origin", "max_lifetime_origin",
    ]
    static let list = names.joined(separator: ", ")
    static let placeholders = names.map { _ in "?" }.joined(separator: ", ")

    static func values(_ record: SessionRecord) throws -> [(any DatabaseValueConvertible)?] {
        [
            record.sessionID.rawValue, record.generation, record.state.rawValue, record.profile, record.sandboxName,
            try record.sandbox.map(Self.json), record.nonce, record.token, Int64(record.owner.uid),
            Int64(record.owner.gid), record.owner.user, try json(record.labels), try json(record.environment),
            record.created.wall.milliseconds, record.created.instant.milliseconds,
            record.ready?.wall.milliseconds, record.ready?.instant.milliseconds,
            record.lastActivity.wall.milliseconds, record.lastActivity.instant.milliseconds, record.lastOperation,
            record.idleTimeout?.wholeMilliseconds, record.maxLifetime?.wholeMilliseconds,
            record.startDeadline.milliseconds, record.message, record.goneReason?.rawValue,
            record.idleTimeoutOrigin?.rawValue, record.maxLifetimeOrigin?.rawValue,
        ]
    }

    /// Throws for a row that no daemon has written so.
    static func record(_ row: Row) throws -> SessionRecord {
        let reader = RowReader(row: row)
        let sandboxName = try reader.text(4)
        var sandbox = try reader.optionalText(5).map { try PlainJSON.sandbox($0) ?? parse(SandboxInfo.self, $0) }
        // Both keep the one text then.
        if sandbox?.name == sandboxName { sandbox?.name = sandboxName }
        return SessionRecord(
            sessionID: try SessionID(stored: reader.text(0)), generation: Int(try reader.integer(1)),
            profile: try reader.text(3), state: try reader.choice(2), sandboxName: sandboxName,
            sandbox: sandbox, nonce: try reader.text(6),
            token: try reader.text(7),
            owner: SessionOwner(
                uid: try reader.userID(8), gid: try reader.userID(9), user: try reader.optionalText(10)),
            labels: try map(reader.text(11)), environment: try map(reader.text(12)),
            created: moment(wall: try reader.integer(13), instant: try reader.integer(14)),
            ready: try reader.optionalInteger(15).flatMap { wall in
                try reader.optionalInteger(16).map { moment(wall: wall, instant: $0) }
            },
            lastActivity: moment(wall: try reader.integer(17), instant: try reader.integer(18)),
            lastOperation: try reader.text(19), idleTimeout: try reader.duration(20),
            maxLifetime: try reader.duration(21), idleTimeoutOrigin: try reader.optionalChoice(25),
            maxLifetimeOrigin: try reader.optionalChoice(26),
            startDeadline: SessionInstant(milliseconds: try reader.integer(22)),
            message: try reader.optionalText(23), goneReason: try reader.optionalChoice(24))
    }

    private static func moment(wall: Int64, instant: Int64) -> SessionMoment {
        SessionMoment(instant: SessionInstant(milliseconds: instant), wall: Timestamp(milliseconds: wall))
    }

    static func json(_ value: some Encodable) throws -> String {
        if let map = value as? [String: String], map.isEmpty { return "{}" }
        return String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }

    static func map(_ text: String) throws -> [String: String] {
        try PlainJSON.texts(text) ?? parse([String: String].self, text)
    }

    private static func parse<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
