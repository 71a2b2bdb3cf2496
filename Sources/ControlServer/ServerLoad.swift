import Synchronization

/// What all connections of a server hold together.
final class ServerLoad: Sendable {
    private struct State {
        var occupancy = ControlServerOccupancy()
        var onIdle: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let limits: ControlServerLimits

    init(limits: ControlServerLimits) {
        self.limits = limits
    }

    var occupancy: ControlServerOccupancy { state.withLock { $0.occupancy } }

    var calls: Int { state.withLock { $0.occupancy.calls } }

    /// Counts a call in, unless that would pass a limit; `partialBytes` is what lines without their end hold.
    func admit(bytes: Int, partialBytes: Int) -> Bool {
        state.withLock { state in
            guard state.occupancy.calls < limits.maximumCalls,
                state.occupancy.heldBytes + partialBytes + bytes <= limits.maximumInboundBytes
            else { return false }
            state.occupancy.calls += 1
            state.occupancy.heldBytes += bytes
            return true
        }
    }

    /// Whether `partialBytes` fit beside what running calls hold.
    func hasRoom(partialBytes: Int) -> Bool {
        state.withLock { $0.occupancy.heldBytes + partialBytes <= limits.maximumInboundBytes }
    }

    func release(bytes: Int) {
        let onIdle = state.withLock { state in
            state.occupancy.calls -= 1
            state.occupancy.heldBytes -= bytes
            return state.occupancy.calls == 0 ? state.onIdle : nil
        }
        onIdle?()
    }

    /// Counts a task in, unless that would pass the limit.
    func admitTask() -> Bool {
        state.withLock { state in
            guard state.occupancy.tasks < limits.maximumTasks else { return false }
            state.occupancy.tasks += 1
            return true
        }
    }

    func releaseTask() { state.withLock { $0.occupancy.tasks -= 1 } }

    func setConnections(_ count: Int) { state.withLock { $0.occupancy.connections = count } }

    /// `action` is called, on any thread, each time the last running call has ended from now on.
    func whenIdle(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.onIdle = action }
    }
}
