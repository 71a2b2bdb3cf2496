import CPodkeeper
import Glibc

/// An exclusive lock on a file (flock(2)), let go by the kernel however the process ends.
///
/// The file stays, for who comes next; only a daemon that never served takes it away again.
struct FileLock: Sendable {
    private let path: String
    private let descriptor: Int32

    /// Takes the lock. Throws `alreadyRunning` when another process has it. `path` is made when it is not there; `name`
    /// is what the lock is about, for messages.
    init(_ path: String, guarding name: String) throws(ControlServerError) {
        descriptor = pk_lock_file(path)
        self.path = path
        guard descriptor >= 0 else {
            guard descriptor == -EWOULDBLOCK else { throw .system(descriptor, "cannot lock \(path)") }
            throw ControlServerError(
                .alreadyRunning, "another daemon serves on \(name) already: stop it or choose another socket path")
        }
    }

    /// Lets go of it. Call it, or `removeFile`, once.
    func release() { close(descriptor) }

    /// Lets go of it and leaves no file. Nobody comes to hold a lock on the removed one: `pk_lock_file` looks again.
    func removeFile() {
        unlink(path)
        close(descriptor)
    }
}
