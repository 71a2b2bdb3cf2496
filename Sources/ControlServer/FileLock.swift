import CPodkeeper
import Glibc

/// An exclusive lock on a file (flock(2)), let go by the kernel however the process ends.
///
/// The file stays: were it removed, somebody could hold a lock on the removed one and somebody else on its successor.
enum FileLock {
    /// Takes the lock and returns the descriptor that holds it until it is closed. Throws `alreadyRunning` when another
    /// process has it. `path` is made when it is not there; `name` is what the lock is about, for messages.
    static func acquire(_ path: String, guarding name: String) throws(ControlServerError) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system(-Errno.current, "cannot open the lock file \(path)") }
        let result = pk_flock(descriptor, LOCK_EX | LOCK_NB)
        guard result >= 0 else {
            close(descriptor)
            guard result == -EWOULDBLOCK else { throw .system(result, "cannot lock \(path)") }
            throw ControlServerError(
                .alreadyRunning, "another daemon serves on \(name) already: stop it or choose another socket path")
        }
        return descriptor
    }
}
