package import JSONRPC
package import Logging
import Synchronization

/// Serves a router on a Unix socket.
///
/// Requests of one connection run concurrently and are answered as they end. A client that closes its connection
/// cancels its calls; one that closes only its sending side (shutdown(2)) still gets its answers.
package final class ControlServer: Sendable {
    private struct State {
        var listener: UnixListener?
        var reactor: Reactor?
        var isStopRequested = false
    }

    private let configuration: ControlServerConfiguration
    private let router: RPCRouter<ControlCall>
    private let logger: Logger
    private let state = Mutex(State())

    package init(configuration: ControlServerConfiguration, router: RPCRouter<ControlCall>, logger: Logger) {
        self.configuration = configuration
        self.router = router
        self.logger = logger
    }

    /// Makes the socket. Connections wait in its backlog until `run`; a daemon that must not run twice finds out here,
    /// before it touches anything else.
    package func listen() throws(ControlServerError) {
        let listener = try UnixListener.open(configuration)
        state.withLock { $0.listener = listener }
    }

    /// Gives the socket up again instead of `run`, and leaves no file of it: who waits in its backlog is refused.
    package func stopListening() { state.withLock { $0.listener.take() }?.close(hasServed: false) }

    /// Serves until `stop` or until the task is cancelled, after `listen` if that was not called yet.
    ///
    /// Returns after a `stop`, once the running calls are answered, or cancelled when the grace period is over.
    /// Throws `CancellationError` when the task is cancelled: the connections are closed then, and with them their
    /// calls cancelled, at once. Throws `ControlServerError` when it cannot listen. Either way no call runs any more.
    /// Call it once.
    @concurrent
    package func run() async throws {
        let limits = configuration.limits
        let (works, intake) = AsyncStream.makeStream(
            of: ServerWork.self, bufferingPolicy: .bufferingOldest(limits.maximumCalls + limits.maximumTasks))
        let reactor = try makeReactor(intake)
        logger.info("serving on \(configuration.socketPath)")
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await reactor.run() }
                for await work in works {
                    switch work {
                    case .call(let call): group.addTask { [router] in await call.perform(router) }
                    case .task(let task): group.addTask { await task.perform() }
                    }
                }
            }
        } onCancel: {
            reactor.advance(to: .ended)
        }
        state.withLock { $0.reactor = nil }
        logger.info("no longer serving on \(configuration.socketPath)")
        try Task.checkCancellation()
    }

    /// Takes no more connections and answers new calls with `draining`; `run` returns when the running ones are done.
    package func stop() {
        let reactor = state.withLock { state in
            state.isStopRequested = true
            return state.reactor
        }
        reactor?.advance(to: .draining)
    }

    /// Returns once the event loop has come round: it is not stuck. At once where none runs.
    package func comeRound() async { await state.withLock { $0.reactor }?.comeRound() }

    /// What it serves at this moment; nothing before `run` and after it.
    package var occupancy: ControlServerOccupancy {
        let reactor = state.withLock { $0.reactor }
        return reactor?.load.occupancy ?? ControlServerOccupancy()
    }

    private func makeReactor(_ intake: AsyncStream<ServerWork>.Continuation) throws(ControlServerError) -> Reactor {
        let waiting = state.withLock { $0.listener.take() }
        let listener: UnixListener
        if let waiting { listener = waiting } else { listener = try UnixListener.open(configuration) }
        let reactor = try Reactor(
            listener: listener, limits: configuration.limits, intake: intake, router: router, logger: logger)
        let isStopRequested = state.withLock { state in
            state.reactor = reactor
            return state.isStopRequested
        }
        if isStopRequested { reactor.advance(to: .draining) }
        return reactor
    }
}
