import Glibc
import Synchronization

/// Keeps a second daemon off the store: an flock(2) on `<store>.lock`, which the kernel lets go of when its holder
/// dies, however it dies.
final class StoreLock: Sendable {
    private let descriptor: Mutex<Int32?>
    private let path: String
    /// Made by this, and there for nobody else.
    private let isNew: Bool

    /// Throws, naming the holder's pid, when another daemon has it. Blocks for a second at most.
    init(path: String) throws(StoreError) {
        // By the file itself: a store reached through a symbolic link is the same store.
        let lockPath = Self.resolved(path) + ".lock"
        let (descriptor, isNew) = try Self.acquire(lockPath, of: path)
        let text = Array("\(getpid())\n".utf8)
        // For people only; the lock is what counts.
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
        self.descriptor = Mutex(descriptor)
        self.path = lockPath
        self.isNew = isNew
    }

    deinit { release() }

    func release() {
        descriptor.withLock { descriptor in
            guard let open = descriptor.take() else { return }
            // Said, not left to close: a child between fork(2) and exec(2) has the descriptor open as well.
            _ = flock(open, LOCK_UN)
            Glibc.close(open)
        }
    }

    /// Removes the file if this has made it. While it is held: whoever waits for it finds it gone and makes another.
    func takeBack() {
        descriptor.withLock { descriptor in
            guard isNew, descriptor != nil else { return }
            unlink(path)
        }
    }

    private static func acquire(
        _ lockPath: String, of path: String
    ) throws(StoreError) -> (descriptor: Int32, isNew: Bool) {
        var patience = LockPatience()
        while true {
            let (descriptor, isNew) = try open(lockPath)
            do throws(StoreError) {
                try take(descriptor, lockPath, of: path, &patience)
            } catch {
                Glibc.close(descriptor)
                throw error
            }
            if isFile(descriptor, at: lockPath) { return (descriptor, isNew) }
            // Its last holder has taken it back, file and all.
            Glibc.close(descriptor)
            guard patience.wait() else {
                throw StoreError("the lock \(lockPath) is removed again and again; see to who does that")
            }
        }
    }

    private static func open(_ path: String) throws(StoreError) -> (Int32, isNew: Bool) {
        let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW
        let new = Glibc.open(path, flags | O_CREAT | O_EXCL, 0o600)
        if new >= 0 { return (new, true) }
        let descriptor = Glibc.open(path, flags | O_CREAT, 0o600)
        guard descriptor >= 0 else {
            throw StoreError("the lock \(path) cannot be opened (\(errorText)); see to its owner and mode")
        }
        return (descriptor, false)
    }

    private static func take(
        _ descriptor: Int32, _ lockPath: String, of path: String, _ patience: inout LockPatience
    ) throws(StoreError) {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK else {
                throw StoreError("the lock \(lockPath) cannot be taken (\(errorText))")
            }
            guard patience.wait() else {
                let holder = readPID(descriptor) ?? "unknown"
                throw StoreError(
                    "store \(path) is in use by pid \(holder) (podkeeperd); stop it or choose another --store")
            }
        }
    }

    private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
        var (held, named) = (stat(), stat())
        return fstat(descriptor, &held) == 0 && lstat(path, &named) == 0 && held.st_dev == named.st_dev
            && held.st_ino == named.st_ino
    }

    private static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func readPID(_ descriptor: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        let digits = buffer.prefix(count).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.isEmpty ? nil : String(decoding: digits, as: UTF8.self)
    }

    private static var errorText: String { String(cString: strerror(errno)) }
}

/// How long a lock is waited for. A child of a daemon that was killed holds it too, from its fork(2) to its exec(2): a
/// moment.
struct LockPatience {
    private static let microsecondsBetweenTries: UInt32 = 20_000
    private var triesLeft = 50

    /// False when there has been enough of it.
    mutating func wait() -> Bool {
        guard triesLeft > 0 else { return false }
        triesLeft -= 1
        usleep(Self.microsecondsBetweenTries)
        return true
    }
}
