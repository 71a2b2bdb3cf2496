import CPodkeeper
import Glibc
import ProcessSupervisor

/// Makes the Unix socket that the server listens on.
enum ListeningSocket {
    /// A bound socket of mode 0600. A file that a dead server left behind is replaced.
    static func bind(unix path: String) throws(ServerStartError) -> OwnedDescriptor {
        // sockaddr_un.sun_path with its NUL (unix(7)).
        let limit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1
        guard !path.isEmpty, path.utf8.count <= limit else {
            throw ServerStartError(
                "the socket path '\(path)' has \(path.utf8.count) bytes; a Unix socket takes 1 to \(limit): "
                    + "choose a shorter one")
        }
        try removeStale(path)
        let socket = OwnedDescriptor(pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), true))
        // The mode has to be right from birth: between bind(2) and chmod(2) anybody could connect. The mask is the whole
        // process's, and nothing else makes files while the server starts.
        let mask = umask(0o177)
        let bound = pk_unix_bind(socket.rawValue, path)
        _ = umask(mask)
        guard bound >= 0 else { throw failure(path, -bound) }
        return socket
    }

    private static func removeStale(_ path: String) throws(ServerStartError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ServerStartError("'\(path)' exists and is no socket: remove it or choose another path")
        }
        let probe = OwnedDescriptor(pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), true))
        guard pk_unix_connect(probe.rawValue, path) == -ECONNREFUSED else {
            throw ServerStartError("another server listens on '\(path)'")
        }
        guard unlink(path) == 0 else { throw failure(path, errno) }
    }

    private static func failure(_ path: String, _ errno: Int32) -> ServerStartError {
        ServerStartError("cannot listen on '\(path)': \(ProcessError.text(errno))")
    }
}
