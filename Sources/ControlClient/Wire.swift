import CPodkeeper
import Foundation
import Glibc
import JSONRPC
import Synchronization

/// The socket of a client, its thread, and who waits for what on it.
///
/// The thread alone reads, writes and closes the socket; everybody else changes the state and wakes it.
final class Wire: Sendable {
    struct State {
        var outbound = ByteQueue()
        var calls: [Int64: Call] = [:]
        var nextID: Int64 = 1
        /// Why there will be no more answers. Never goes back to nil.
        var failure: ControlClientError?
        var isCloseRequested = false
        /// The thread has ended and the descriptors are closed.
        var isEnded = false
        var endWaiters: [CheckedContinuation<Void, Never>] = []
        var inbox = NotificationInbox()
    }

    struct Call {
        let continuation: CheckedContinuation<ArraySlice<UInt8>, any Error>
        let deadline: ContinuousClock.Instant?
        /// Whether the notifications end where the answer comes.
        let endsNotifications: Bool
    }

    let descriptor: Int32
    let limits: ControlClientLimits
    let state = Mutex(State())
    private let wakeup: Int32

    /// Takes over `descriptor`, which must be non-blocking.
    init(descriptor: Int32, limits: ControlClientLimits) throws(ControlClientError) {
        let wakeup = pk_eventfd()
        guard wakeup >= 0 else {
            Glibc.close(descriptor)
            throw ControlClientError(.cannotConnect, "cannot make an eventfd: errno \(-wakeup)")
        }
        self.descriptor = descriptor
        self.limits = limits
        self.wakeup = wakeup
    }

    /// Starts the thread. It refers to the wire, not to the client: that may go away and thereby end it.
    func start() {
        let thread = Thread {
            // Foundation's name for a thread that is yet to start never reaches the kernel.
            _ = pk_name_thread("pk-client")
            var loop = WireLoop(wire: self, wakeup: self.wakeup)
            self.end(loop.run())
        }
        thread.start()
    }

    func requestClose() { update { $0.isCloseRequested = true } }

    func close() async {
        requestClose()
        await withCheckedContinuation { continuation in
            let isEnded = state.withLock { state in
                if !state.isEnded { state.endWaiters.append(continuation) }
                return state.isEnded
            }
            if isEnded { continuation.resume() }
        }
    }

    /// Changes the state and makes the thread look at it.
    func update<T: Sendable>(_ body: (inout State) -> T) -> T {
        state.withLock { state in
            let result = body(&state)
            // Under the lock, so that the descriptor cannot have been closed. Fails only for one that is none.
            if !state.isEnded { _ = pk_eventfd_signal(wakeup) }
            return result
        }
    }

    /// Fails everybody who waits. Thread only.
    private func end(_ failure: ControlClientError) {
        let (calls, consumer, waiters) = state.withLock { state in
            state.failure = failure
            state.isEnded = true
            state.outbound = ByteQueue()
            Glibc.close(descriptor)
            Glibc.close(wakeup)
            defer {
                state.calls = [:]
                state.endWaiters = []
            }
            return (Array(state.calls.values), state.inbox.end(), state.endWaiters)
        }
        for call in calls { call.continuation.resume(throwing: failure) }
        consumer?.resume(returning: nil)
        for waiter in waiters { waiter.resume() }
    }
}
