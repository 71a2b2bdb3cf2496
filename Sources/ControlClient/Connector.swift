import CPodkeeper
import Glibc

/// Connects to the daemon's socket, and says what to do when that does not work.
enum Connector {
    /// How long to wait before trying again while the backlog is full.
    private static let pause: Duration = .milliseconds(10)

    /// A connected, non-blocking socket. Throws `CancellationError` and `ControlClientError`.
    static func connect(_ path: String, timeout: Duration) async throws -> Int32 {
        let deadline = ContinuousClock.now + timeout
        while true {
            let descriptor = pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), true)
            guard descriptor >= 0 else {
                throw ControlClientError(.cannotConnect, "cannot make a socket: \(text(-descriptor))")
            }
            let result = pk_unix_connect(descriptor, path)
            if result >= 0 { return descriptor }
            close(descriptor)
            // EAGAIN: the backlog is full (unix(7) has no wait for that on a non-blocking socket). EINTR: once more.
            guard result == -EAGAIN || result == -EINTR else { throw failure(-result, path) }
            guard ContinuousClock.now < deadline else {
                throw ControlClientError(
                    .cannotConnect, "podkeeperd on \(path) takes no connection", hint: "it is overloaded or stopped")
            }
            try await Task.sleep(for: pause)
        }
    }

    private static func failure(_ number: Int32, _ path: String) -> ControlClientError {
        // Of any other file, too, connect(2) says that nobody listens, or that it may not be written to.
        if [ECONNREFUSED, EACCES, EPERM].contains(number), let kind = otherKind(of: path) {
            return ControlClientError(
                .notASocket, "\(path) is \(kind), not a socket",
                hint: "name podkeeperd's socket with --socket or PODKEEPER_SOCKET")
        }
        return switch number {
        case ENOENT, ENOTDIR:
            ControlClientError(
                .noSocket, "there is no socket \(path)",
                hint: "is podkeeperd running? Name its socket with --socket or PODKEEPER_SOCKET if it is another")
        case ECONNREFUSED:
            ControlClientError(.notListening, "nobody serves on \(path)", hint: "podkeeperd has ended: start it again")
        case EACCES, EPERM:
            ControlClientError(.permissionDenied, "permission denied for \(path)", hint: remedy(for: path))
        case ENAMETOOLONG:
            ControlClientError(
                .cannotConnect, "the socket's path \(path) has \(path.utf8.count) bytes, but at most 107 fit")
        default:
            ControlClientError(.cannotConnect, "cannot connect to \(path): \(text(number))")
        }
    }

    /// What there is at a path; nil for a socket, and for nothing.
    private static func otherKind(of path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFSOCK: return nil
        case S_IFREG: return "a regular file"
        case S_IFDIR: return "a directory"
        default: return "something else"
        }
    }

    /// Who may use the socket, as far as its file tells.
    private static func remedy(for path: String) -> String {
        var status = stat()
        guard lstat(path, &status) == 0 else { return "its directory is closed to you; ask who runs podkeeperd" }
        let owner = status.st_uid == 0 ? "root" : "user \(status.st_uid)"
        guard status.st_mode & S_IWGRP != 0 else { return "only \(owner) may use it" }
        let group = groupName(status.st_gid) ?? String(status.st_gid)
        return "it is for \(owner) and group \(group): have yourself added to that group, and log in anew"
    }

    private static func groupName(_ id: gid_t) -> String? {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: 65_536)
        guard getgrgid_r(id, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return String(cString: entry.gr_name)
    }

    // strerror(3) of glibc 2.32 and later is safe to call from any thread.
    private static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}
