import Synchronization

/// One writer at a time for each file: a fixed number of locks that files share by hash, so that the table never grows
/// however many files there are. Two files that share a lock only wait for each other.
final class PathLocks: Sendable {
    /// A name in a directory, however the path to it was written.
    struct Key: Hashable, Sendable {
        let device: UInt64
        let directory: UInt64
        let name: [UInt8]
    }

    private final class Stripe: Sendable {
        let mutex = Mutex(())
    }

    private let stripes = (0..<64).map { _ in Stripe() }

    func withLock<Result: Sendable, Failure: Error>(
        _ key: Key, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let index = Int(truncatingIfNeeded: UInt(bitPattern: key.hashValue) % UInt(stripes.count))
        return try stripes[index].mutex.withLock { _ throws(Failure) in try body() }
    }
}
