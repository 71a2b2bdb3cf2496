import CPodkeeper
import Glibc
import JSONRPC
import Synchronization

/// One client: its socket, what waits to be written to it, and its running calls.
///
/// The reactor's thread reads and alone closes the socket; responses are written by whichever thread has them, under
/// the lock, and what the socket does not take at once is left to the reactor.
final class Connection: Sendable {
    struct State {
        var outbound = ByteQueue()
        /// Senders that wait for room, first come first served.
        var waiters: [Waiter] = []
        var calls: [UInt64: CallHandle] = [:]
        var callNumbers: [JSONRPCID: UInt64] = [:]
        var tasks: [UInt64: CallHandle] = [:]
        /// Calls that are not answered yet: `calls`, and those whose response waits for room.
        var unanswered = 0
        var nextNumber: UInt64 = 0
        /// The events that the socket is registered for.
        var interest: UInt32 = PK_EPOLLIN
        var isReadingPaused = false
        /// The peer has closed its sending side; it still reads.
        var isInputOver = false
        /// Writing failed: the peer is gone and the reactor will hear of it.
        var isBroken = false
        var isClosed = false
    }

    struct Waiter {
        let number: UInt64
        let line: [UInt8]
        let continuation: CheckedContinuation<Void, any Error>
    }

    let id: UInt64
    let peer: PeerCredentials
    let limits: ControlServerLimits
    let load: ServerLoad
    let intake: AsyncStream<ServerWork>.Continuation
    let state = Mutex(State())
    let descriptor: Int32
    private let epoll: Int32

    /// Takes over `descriptor`, which must be non-blocking and registered in `epoll` for input with `id` as its data.
    init(
        id: UInt64, descriptor: Int32, peer: PeerCredentials, epoll: Int32, limits: ControlServerLimits,
        load: ServerLoad, intake: AsyncStream<ServerWork>.Continuation
    ) {
        self.id = id
        self.descriptor = descriptor
        self.peer = peer
        self.epoll = epoll
        self.limits = limits
        self.load = load
        self.intake = intake
    }

    /// Closes the socket, lets everybody who waits for room go, and cancels the running calls and tasks. Reactor only.
    func close() {
        let (waiters, calls) = state.withLock { state in
            guard !state.isClosed else { return ([Waiter](), [CallHandle]()) }
            state.isClosed = true
            state.outbound = ByteQueue()
            defer {
                state.waiters = []
                state.calls = [:]
                state.callNumbers = [:]
                state.tasks = [:]
            }
            // Under the lock: no other thread may write to a number that the next accept reuses.
            Glibc.close(descriptor)
            return (state.waiters, Array(state.calls.values) + state.tasks.values)
        }
        for waiter in waiters { waiter.continuation.resume(throwing: ConnectionClosedError()) }
        for call in calls { call.cancel() }
    }

    /// Tells the kernel which events are wanted now. Call it after every change of what they follow from.
    func updateInterest(_ state: inout State) {
        guard !state.isClosed else { return }
        let queued = state.outbound.byteCount
        if queued >= limits.outboundHighWater {
            state.isReadingPaused = true
        } else if queued <= limits.outboundLowWater {
            state.isReadingPaused = false
        }
        var wanted: UInt32 = 0
        if !state.isReadingPaused, !state.isInputOver { wanted |= PK_EPOLLIN }
        if !state.outbound.isEmpty, !state.isBroken { wanted |= PK_EPOLLOUT }
        guard wanted != state.interest else { return }
        state.interest = wanted
        // Fails only for lack of kernel memory. EPOLLHUP is always reported (epoll_ctl(2)), so the connection's end is
        // noticed all the same.
        _ = pk_epoll_ctl(epoll, PK_EPOLL_CTL_MOD, descriptor, wanted, id)
    }
}
