import GRDB

/// Why a store cannot be opened: one line for the operator, with what to do.
package struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }

    init(opening path: String, _ error: any Error) {
        guard let error = error as? DatabaseError else {
            self.init("store \(path) cannot be opened: \(error)")
            return
        }
        switch error.resultCode {
        case .SQLITE_NOTADB: self = .notAStore(path, "it is not an SQLite database")
        case .SQLITE_CORRUPT:
            self.init("store \(path) is damaged (\(error.text)); restore it from a copy, or choose another --store")
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY:
            self.init("store \(path) cannot be opened for writing (\(error.text)); see to its owner and mode")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init("store \(path) is locked by another program (\(error.text)); close that program and try again")
        case .SQLITE_FULL: self.init("store \(path): the disk is full; free some space and try again")
        default: self.init("store \(path) cannot be opened: \(error.text)")
        }
    }

    static func notAStore(_ path: String, _ why: String) -> Self {
        Self("store \(path) is not a podkeeper store: \(why); it was left as it is, choose another --store")
    }
}

extension DatabaseError {
    /// Without the SQL, whose arguments may be secret.
    var text: String { "\(message ?? "no message"), SQLite error \(extendedResultCode.rawValue)" }
}
