import GRDB
import SandboxCore

extension SandboxError {
    /// A `SandboxError` stays itself; everything else is of kind `internal`, with what an operator can do.
    init(store path: String, _ error: any Error) {
        switch error {
        case let error as SandboxError: self = error
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL:
            self.init(.internal, "store \(path): the disk is full; nothing was changed. Free some space.")
        case let error as DatabaseError where error.resultCode == .SQLITE_IOERR:
            self.init(.internal, "store \(path): the disk does not work (\(error.text)); nothing was changed.")
        case let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode):
            self.init(
                .internal,
                "store \(path) is damaged (\(error.text)); stop podkeeperd and restore it from a copy, or choose another --store"
            )
        case let error as DatabaseError: self.init(.internal, "store \(path): \(error.text); nothing was changed.")
        default: self.init(.internal, "store \(path): \(error); nothing was changed.")
        }
    }
}
