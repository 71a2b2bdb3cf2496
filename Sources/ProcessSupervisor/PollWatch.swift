import CPodkeeper
import Synchronization

/// One descriptor under a `Poller`, for one waiting task at a time.
final class PollWatch: Sendable {
    private struct State {
        var waiting: CheckedContinuation<Bool, Never>?
        var isAdded = false
        /// From now on nobody waits here any more.
        var isWoken = false
    }

    let id: UInt64
    let descriptor: Int32
    let events: UInt32
    private let poller: Poller
    private let state = Mutex(State())

    init(id: UInt64, descriptor: Int32, events: UInt32, poller: Poller) {
        self.id = id
        self.descriptor = descriptor
        self.events = events
        self.poller = poller
    }

    /// Returns when the descriptor is ready, or `wake` was called. Cancellation does not end it: whoever cancels wakes.
    func ready() async {
        let isWatched = await withCheckedContinuation { continuation in
            let answer = state.withLock { arm(continuation, &$0) }
            if let answer { continuation.resume(returning: answer) }
        }
        // The kernel had no room for the watch (epoll_ctl(2), ENOSPC): look again in a moment.
        if !isWatched { try? await Task.sleep(for: .milliseconds(10)) }
    }

    /// Ends the present wait and every later one at once.
    func wake() {
        let waiting = state.withLock { state in
            state.isWoken = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: true)
    }

    /// Takes the descriptor out of the poller; to be called before it is closed.
    func end() {
        wake()
        let isAdded = state.withLock { state in
            defer { state.isAdded = false }
            return state.isAdded
        }
        if isAdded { _ = poller.control(PK_EPOLL_CTL_DEL, self) }
        poller.forget(id)
    }

    func fire() {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: true)
    }

    /// Nil when the continuation was kept. Runs under the lock, so that `fire` on the poller's thread cannot come
    /// between the kernel's arming and our noting it.
    private func arm(_ continuation: CheckedContinuation<Bool, Never>, _ state: inout State) -> Bool? {
        if state.isWoken { return true }
        guard poller.control(state.isAdded ? PK_EPOLL_CTL_MOD : PK_EPOLL_CTL_ADD, self) >= 0 else { return false }
        state.isAdded = true
        state.waiting = continuation
        return nil
    }
}
