import Glibc
import Synchronization

/// Keeps a second daemon off the store: an flock(2) on `<store>.lock`, which the kernel lets go of when its holder
/// dies, however it dies.
final class StoreLock: Sendable {
    private let descriptor: Mutex<Int32?>

    // A child of a daemon that was killed holds the lock too, from its fork(2) to its exec(2): a moment.
    private static let tries = 50
    private static let microsecondsBetweenTries: UInt32 = 20_000

    /// Throws, naming the holder's pid, when another daemon has it. Blocks for a second at most.
    init(path: String) throws(StoreError) {
        // By the file itself: a store reached through a symbolic link is the same store.
        let lockPath = Self.resolved(path) + ".lock"
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw StoreError("the lock \(lockPath) cannot be opened (\(Self.errorText)); see to its owner and mode")
        }
        // The file itself stays for ever: whoever removed it could lock a new one beside a holder of the old.
        var triesLeft = Self.tries
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            let isHeld = errno == EWOULDBLOCK
            if isHeld, triesLeft > 0 {
                triesLeft -= 1
                usleep(Self.microsecondsBetweenTries)
                continue
            }
            let cause = Self.errorText
            let holder = Self.readPID(descriptor)
            Glibc.close(descriptor)
            guard isHeld else { throw StoreError("the lock \(lockPath) cannot be taken (\(cause))") }
            throw StoreError(
                "store \(path) is in use by pid \(holder ?? "unknown") (podkeeperd); stop it or choose another --store")
        }
        let text = Array("\(getpid())\n".utf8)
        // For people only; the lock is what counts.
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
        self.descriptor = Mutex(descriptor)
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
