import CPodkeeper
import Dispatch
import Glibc
import SandboxCore
import Synchronization

/// A process whose end is reported by the kernel through a pidfd (pidfd_open(2)), and collected where it is a child.
///
/// Waiting here does not end when the waiting task is cancelled: it is what cleaning up after a cancelled start needs.
final class WatchedProcess: Sendable {
    private struct State {
        var exit: ProcessExit?
        var nextWaiter = 0
        var waiters: [Int: @Sendable (ProcessExit?) -> Void] = [:]
    }

    private static let queue = DispatchQueue(label: "podkeeper.local.processes")

    let identity: ProcessIdentity
    private let pidfd: Int32
    private let isChild: Bool
    // Safe because dispatch objects may be used from any thread (dispatch_object(3)).
    private nonisolated(unsafe) let source: any DispatchSourceRead
    private let state = Mutex(State())

    /// Nil when the process is gone already. A child is never gone before it was collected here.
    init?(_ identity: ProcessIdentity, isChild: Bool) throws(SandboxError) {
        let pidfd = pk_pidfd_open(identity.pid)
        if pidfd == -ESRCH { return nil }
        guard pidfd >= 0 else {
            throw SandboxError(.internal, "cannot watch process \(identity.pid): \(SystemError(-pidfd))")
        }
        // The number may have gone to another process before the pidfd held on to it.
        guard isChild || identity.isAlive else {
            close(pidfd)
            return nil
        }
        self.identity = identity
        self.pidfd = pidfd
        self.isChild = isChild
        source = DispatchSource.makeReadSource(fileDescriptor: pidfd, queue: Self.queue)
        if isChild {
            // Keeps itself until then: a child that nobody waits for any more must be collected all the same.
            source.setEventHandler { self.ended() }
        } else {
            source.setEventHandler { [weak self] in self?.ended() }
        }
        source.setCancelHandler { close(pidfd) }
        source.activate()
    }

    deinit { source.cancel() }

    var exit: ProcessExit? { state.withLock(\.exit) }

    /// To the process itself and no other that got its number. A process that is gone is success.
    func signal(_ signal: Int32) { _ = pk_pidfd_send_signal(pidfd, signal) }

    /// Nil when it still runs after `limit`.
    func waitForExit(_ limit: Duration) async -> ProcessExit? {
        await withCheckedContinuation { continuation in
            whenExited(within: limit) { continuation.resume(returning: $0) }
        }
    }

    /// Calls back exactly once, on a queue of its own: at the end of the process, or after `limit` with nil.
    func whenExited(within limit: Duration? = nil, _ body: @escaping @Sendable (ProcessExit?) -> Void) {
        let registered = state.withLock { state -> (exit: ProcessExit?, waiter: Int) in
            guard state.exit == nil else { return (state.exit, 0) }
            state.nextWaiter &+= 1
            state.waiters[state.nextWaiter] = body
            return (nil, state.nextWaiter)
        }
        if let exit = registered.exit {
            Self.queue.async { body(exit) }
        } else if let limit {
            Self.queue.asyncAfter(deadline: .now() + limit / .seconds(1)) {
                self.state.withLock { $0.waiters.removeValue(forKey: registered.waiter) }?(nil)
            }
        }
    }

    private func ended() {
        var collected = pk_exit()
        let isCollected = isChild && pk_pidfd_wait(pidfd, false, true, &collected) == 1
        let exit = isCollected ? ProcessExit(collected) : .unknown
        let waiters = state.withLock { state -> [@Sendable (ProcessExit?) -> Void] in
            state.exit = exit
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        source.cancel()
        for waiter in waiters { waiter(exit) }
    }
}
