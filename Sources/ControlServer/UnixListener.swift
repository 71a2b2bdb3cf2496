import CPodkeeper
import Glibc
import Synchronization

/// A listening Unix socket and its file, held against a second daemon by a lock file beside it.
final class UnixListener: Sendable {
    /// Bytes that fit into `sun_path` before its NUL (unix(7)).
    static let maximumPathBytes = 107

    /// Valid until `close`.
    let descriptor: Int32
    /// Nil for a socket that somebody else made.
    private let own: (lock: FileLock, file: SocketFile)?
    private let isClosed = Mutex(false)

    private init(descriptor: Int32, own: (lock: FileLock, file: SocketFile)?) {
        self.descriptor = descriptor
        self.own = own
    }

    deinit { close() }

    /// Refuses connections from now on, also those in the backlog, and removes the socket's file if that is still the
    /// one made here. Somebody else's socket goes on listening: who connects waits for the next daemon.
    func stopListening() {
        guard let own else { return }
        own.file.remove()
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Ends it all; a second call does nothing. `hasServed`: whoever did leaves the lock file to the next daemon.
    func close(hasServed: Bool = true) {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        guard isFirst else { return }
        Glibc.close(descriptor)
        guard let own else { return }
        own.file.remove()
        if hasServed { own.lock.release() } else { own.lock.removeFile() }
    }

    /// Takes over a socket that listens already, from whoever started this process. Neither its file nor the order of
    /// daemons on it are this one's to look after.
    static func adopt(_ descriptor: Int32) throws(ControlServerError) -> UnixListener {
        let listens = pk_unix_listens(descriptor)
        guard listens > 0 else {
            throw ControlServerError(
                .notASocket,
                "the inherited descriptor \(descriptor) is no Unix stream socket that listens: check ListenStream= of the socket unit"
            )
        }
        for result in [pk_set_cloexec(descriptor), pk_set_nonblocking(descriptor)] where result < 0 {
            throw .system(result, "cannot set up the inherited socket")
        }
        return UnixListener(descriptor: descriptor, own: nil)
    }

    /// Makes the socket. A file that a dead daemon left is replaced; a live server is never pushed aside.
    static func open(_ configuration: ControlServerConfiguration) throws(ControlServerError) -> UnixListener {
        if let inherited = configuration.inheritedListener { return try adopt(inherited) }
        let path = configuration.socketPath
        try check(path)
        let group = try configuration.socketGroup.map { name throws(ControlServerError) in try GroupName.id(of: name) }
        try makeDirectory(of: path)
        // Two daemons that start together would both find a stale file, and the second would remove the socket that
        // the first has just made. The lock lets only one of them look.
        let lock = try FileLock(path + ".lock", guarding: path)
        do throws(ControlServerError) {
            return try open(configuration, group: group, lock: lock)
        } catch {
            lock.removeFile()
            throw error
        }
    }

    private static func open(
        _ configuration: ControlServerConfiguration, group: UInt32?, lock: FileLock
    ) throws(ControlServerError) -> UnixListener {
        try removeStale(configuration.socketPath)
        let descriptor = pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), true)
        guard descriptor >= 0 else { throw .system(descriptor, "cannot make a socket") }
        do throws(ControlServerError) {
            let file = try bind(
                descriptor, to: configuration.socketPath, mode: configuration.socketMode, group: group)
            return UnixListener(descriptor: descriptor, own: (lock, file))
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    private static func check(_ path: String) throws(ControlServerError) {
        let bytes = path.utf8.count
        guard bytes > 0, !path.utf8.contains(0) else {
            throw ControlServerError(.pathTooLong, "the socket's path is empty or has a NUL byte")
        }
        guard bytes <= maximumPathBytes else {
            throw ControlServerError(
                .pathTooLong,
                "the socket's path \(path) has \(bytes) bytes, but at most \(maximumPathBytes) fit: choose a shorter one"
            )
        }
    }

    private static func makeDirectory(of path: String) throws(ControlServerError) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        let directory = String(path[..<slash])
        guard mkdir(directory, 0o755) != 0 else { return }
        let number = Errno.current
        guard number != EEXIST else { return }
        throw ControlServerError(
            .system(errno: number), "cannot make the socket's directory \(directory): \(Errno.text(number))")
    }

    private static func removeStale(_ path: String) throws(ControlServerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ControlServerError(
                .notASocket, "\(path) exists and is not a socket: remove it or choose another socket path")
        }
        let probe = pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), true)
        guard probe >= 0 else { throw .system(probe, "cannot make a socket") }
        defer { Glibc.close(probe) }
        let result = pk_unix_connect(probe, path)
        switch -result {
        // Nobody listens: the file outlived its daemon (unix(7)).
        case ECONNREFUSED:
            guard unlink(path) == 0 || Errno.current == ENOENT else {
                throw .system(-Errno.current, "cannot remove the stale socket \(path)")
            }
        case ENOENT: return
        // EAGAIN: somebody listens and has a full backlog.
        case 0, EAGAIN:
            throw ControlServerError(
                .alreadyRunning, "another daemon serves on \(path) already: stop it or choose another socket path")
        default: throw .system(result, "cannot tell whether somebody serves on \(path)")
        }
    }

    private static func bind(
        _ descriptor: Int32, to path: String, mode: UInt32, group: UInt32?
    ) throws(ControlServerError) -> SocketFile {
        // bind(2) gives the file the mode of the socket's own inode: it is born closed to everybody else. And until
        // listen(2) a connect is refused, so nobody gets in before group and mode are what they shall be.
        guard fchmod(descriptor, 0o600) == 0 else { throw .system(-Errno.current, "cannot set the socket's mode") }
        let result = pk_unix_bind(descriptor, path)
        guard result >= 0 else { throw .system(result, "cannot make the socket \(path)") }
        guard let file = SocketFile(path: path) else {
            throw .system(-Errno.current, "cannot look at the socket \(path)")
        }
        do throws(ControlServerError) {
            if let group, lchown(path, .max, group) != 0 {
                throw .system(-Errno.current, "cannot give the socket \(path) to group \(group)")
            }
            guard chmod(path, mode) == 0 else { throw .system(-Errno.current, "cannot chmod \(path)") }
            guard listen(descriptor, SOMAXCONN) == 0 else {
                throw .system(-Errno.current, "cannot listen on \(path)")
            }
        } catch {
            file.remove()
            throw error
        }
        return file
    }
}
