import Synchronization

/// The handle by which others end a process that `ProcessSupervisor` runs.
package final class RunControl: Sendable {
    /// How fast it has to go.
    package enum Request: Hashable, Sendable {
        /// TERM to the group, the command's grace, KILL.
        case terminate
        /// KILL to the group.
        case kill
    }

    private struct State {
        /// Asked for before anybody listened.
        var pending: Request?
        var listener: (@Sendable (Request) -> Void)?
        var live: LiveProcess?
    }

    private let state = Mutex(State())

    package init() {}

    /// Asks for the end of the process. Once it has ended this changes nothing.
    package func end(_ request: Request) {
        let listener = state.withLock { state in
            if state.listener == nil { state.pending = request }
            return state.listener
        }
        listener?(request)
    }

    /// Directs every request to `listener`, an earlier one at once.
    func listen(_ listener: @escaping @Sendable (Request) -> Void) {
        let pending = state.withLock { state in
            state.listener = listener
            return state.pending
        }
        if let pending { listener(pending) }
    }

    /// Sends a signal to the process's group, or to the one in its terminal's foreground. Nothing before it runs and
    /// after its end.
    package func signal(_ signal: Int32) {
        state.withLock { $0.live?.signal(signal) }
    }

    /// Nothing without a terminal.
    package func resize(to size: ProcessTerminalSize) {
        state.withLock { $0.live?.resize(to: size) }
    }

    /// Signals go to `live` until the next call. Under the lock, so that none is under way when this returns: the
    /// process may then be reaped, and its number given to another.
    func direct(to live: LiveProcess?) {
        state.withLock { $0.live = live }
    }

    /// From now on requests go nowhere.
    func finish() {
        state.withLock { $0.listener = { _ in } }
    }
}
