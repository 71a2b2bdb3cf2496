import CPodkeeper
import Glibc

/// The socket's file that a daemon which was killed left behind.
enum StaleSocket {
    /// Removes it. Throws when a daemon holds the socket's lock: it may be about to serve there.
    static func remove(_ path: String) throws(CLIError) {
        // The daemon's own lock: held from before it makes the socket until it has ended.
        let lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw failure("cannot open \(path).lock") }
        defer { close(lock) }
        guard pk_flock(lock, LOCK_EX | LOCK_NB) >= 0 else {
            throw CLIError("a podkeeperd holds \(path).lock: it is starting or stopping")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw failure("cannot look at \(path)") }
        // Such as a symbolic link to one: whose that is nobody knows.
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw CLIError("\(path) itself is no socket") }
        guard unlink(path) == 0 else { throw failure("cannot remove \(path)") }
    }

    private static func failure(_ what: String) -> CLIError {
        CLIError("\(what): \(String(cString: strerror(errno)))")
    }
}
