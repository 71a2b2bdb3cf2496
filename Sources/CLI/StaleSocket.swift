import CPodkeeper
import Glibc

/// The socket's file that a daemon which was killed left behind.
enum StaleSocket {
    /// Removes it. Throws when a daemon holds the socket's lock: it may be about to serve there.
    static func remove(_ path: String) throws(CLIError) {
        // The daemon's own lock: held from before it makes the socket until it has ended.
        let lock = pk_lock_file(path + ".lock")
        guard lock != -EWOULDBLOCK else {
            throw CLIError("a podkeeperd holds \(path).lock: it is starting or stopping")
        }
        guard lock >= 0 else { throw failure("cannot lock \(path).lock", -lock) }
        defer { close(lock) }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw failure("cannot look at \(path)", errno) }
        // Such as a symbolic link to one: whose that is nobody knows.
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw CLIError("\(path) itself is no socket") }
        guard unlink(path) == 0 else { throw failure("cannot remove \(path)", errno) }
    }

    private static func failure(_ what: String, _ number: Int32) -> CLIError {
        CLIError("\(what): \(String(cString: strerror(number)))")
    }
}
