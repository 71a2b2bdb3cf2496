import CPodkeeper
import Foundation
import Glibc
import JSONRPC
import Logging
import Synchronization

/// Runs the event loop on a thread of its own, and takes orders for it from any thread.
final class Reactor: Sendable {
    /// Goes forward only.
    enum Phase: Int, Sendable {
        case serving
        /// No new connections and calls; goes to `ended` when the running calls are answered, or at the deadline.
        case draining
        case ended
    }

    let listener: UnixListener
    let limits: ControlServerLimits
    let load: ServerLoad
    let intake: AsyncStream<ServerWork>.Continuation
    let router: RPCRouter<ControlCall>
    let logger: Logger
    let epoll: Int32
    private let wakeup: Int32
    private let state = Mutex(State())

    private struct State {
        var phase = Phase.serving
        /// The descriptors are closed.
        var isClosed = false
        /// Who waits for the loop to come round.
        var rounds: [CheckedContinuation<Void, Never>] = []
    }

    /// Throws when the system has no more descriptors.
    init(
        listener: UnixListener, limits: ControlServerLimits, intake: AsyncStream<ServerWork>.Continuation,
        router: RPCRouter<ControlCall>, logger: Logger
    ) throws(ControlServerError) {
        let epoll = pk_epoll_create()
        guard epoll >= 0 else { throw .system(epoll, "cannot make an epoll instance") }
        let wakeup = pk_eventfd()
        guard wakeup >= 0 else {
            Glibc.close(epoll)
            throw .system(wakeup, "cannot make an eventfd")
        }
        self.listener = listener
        self.limits = limits
        self.intake = intake
        self.router = router
        self.logger = logger
        self.epoll = epoll
        self.wakeup = wakeup
        load = ServerLoad(limits: limits)
        for (descriptor, key) in [(wakeup, ReactorLoop.wakeupKey), (listener.descriptor, ReactorLoop.listenerKey)] {
            let result = pk_epoll_ctl(epoll, PK_EPOLL_CTL_ADD, descriptor, PK_EPOLLIN, key)
            guard result >= 0 else { throw .system(result, "cannot watch a descriptor") }
        }
    }

    deinit { close() }

    var phase: Phase { state.withLock { $0.phase } }

    /// Asks the loop to go on to a phase; an earlier one than the present is ignored.
    func advance(to phase: Phase) {
        state.withLock { $0.phase = phase.rawValue > $0.phase.rawValue ? phase : $0.phase }
        wake()
    }

    /// Makes the loop look around.
    func wake() {
        state.withLock { state in
            guard !state.isClosed else { return }
            // Fails only for a descriptor that is none.
            _ = pk_eventfd_signal(wakeup)
        }
    }

    func clearWakeup() {
        _ = pk_eventfd_drain(wakeup)
        let rounds = state.withLock { state in
            defer { state.rounds = [] }
            return state.rounds
        }
        for round in rounds { round.resume() }
    }

    /// Returns when the loop has come round, or has ended.
    func comeRound() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.isClosed { state.rounds.append(continuation) }
                return state.isClosed
            }
            if hasEnded { continuation.resume() } else { wake() }
        }
    }

    /// Starts the thread and returns when it has ended. No connection is left then, nor any descriptor, and `intake` is
    /// finished.
    func run() async {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                // Foundation's name for a thread that is yet to start never reaches the kernel.
                _ = pk_name_thread("pk-control")
                var loop = ReactorLoop(reactor: self)
                loop.run()
                continuation.resume()
            }
            thread.start()
        }
        close()
        intake.finish()
    }

    // Not left to deinit: the thread may hold the reactor for a moment longer than `run` takes, and whoever called that
    // may want to listen on the same path again.
    private func close() {
        let (isFirst, rounds) = state.withLock { state in
            defer { (state.isClosed, state.rounds) = (true, []) }
            return (!state.isClosed, state.rounds)
        }
        for round in rounds { round.resume() }
        guard isFirst else { return }
        listener.close()
        Glibc.close(wakeup)
        Glibc.close(epoll)
    }
}
