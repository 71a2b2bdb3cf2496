import Glibc
import Synchronization

/// The store's file, locked by itself: who reaches it by another name (a hard link, a symbolic link to what was not yet
/// there) finds another `StoreLock`, but the same file.
///
/// The lock is one of an open file description (fcntl(2), F_OFD_SETLK) on a byte that SQLite does not use. It stays
/// whatever descriptors of the file SQLite closes, and what SQLite locks stays as long as this one is open: closing any
/// descriptor of a file drops the process's own locks on it.
final class StoreFile: Sendable {
    // Of <fcntl.h>, where Swift's Glibc module does not see it.
    private static let setLock: Int32 = 37
    /// SQLite's own are 512 bytes from 1 << 30 on: https://www.sqlite.org/fileformat.html#the_lock_byte_page
    private static let lockedByte: Int = 1 << 40

    private let path: String
    private let descriptor: Mutex<Int32?>
    /// Made by this: there was none.
    let isNew: Bool

    /// Makes the file, with mode 0600, if there is none. SQLite gives its log and index files the same.
    ///
    /// Throws for what is no regular file, and when another daemon has it. Blocks for a second at most.
    init(_ path: String) throws(StoreError) {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK
        let new = open(path, flags | O_EXCL, 0o600)
        let descriptor = new >= 0 ? new : open(path, flags, 0o600)
        guard descriptor >= 0 else {
            let cause = String(cString: strerror(errno))
            throw StoreError(
                "store \(path) cannot be opened for writing (\(cause)); see to it or choose another --store")
        }
        do throws(StoreError) {
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                throw .notAStore(path, "it is not a regular file")
            }
            try Self.lock(descriptor, path)
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = Mutex(descriptor)
        isNew = new >= 0
    }

    deinit { release() }

    /// Not before SQLite has closed the file.
    func release() {
        descriptor.withLock { descriptor in
            guard let open = descriptor.take() else { return }
            // Said, not left to close: a child between fork(2) and exec(2) has the descriptor open as well.
            _ = Self.set(open, F_UNLCK)
            close(open)
        }
    }

    /// Removes the file if this has made it, with SQLite's log and index.
    func takeBack() {
        descriptor.withLock { descriptor in
            guard isNew, descriptor != nil else { return }
            for name in [path, path + "-wal", path + "-shm"] { unlink(name) }
        }
    }

    private static func lock(_ descriptor: Int32, _ path: String) throws(StoreError) {
        var patience = LockPatience()
        while set(descriptor, F_WRLCK) != 0 {
            if errno == EINTR { continue }
            // A file system that has no such locks: `StoreLock` is what there is.
            guard errno == EAGAIN || errno == EACCES else { return }
            guard patience.wait() else {
                throw StoreError(
                    "store \(path) is in use by another podkeeperd, which has it by another name (a link); "
                        + "stop it or choose another --store")
            }
        }
    }

    private static func set(_ descriptor: Int32, _ type: Int32) -> Int32 {
        var lock = flock()
        lock.l_type = Int16(type)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = lockedByte
        lock.l_len = 1
        return fcntl(descriptor, setLock, &lock)
    }
}
