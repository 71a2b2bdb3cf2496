import ControlServer
import SandboxCore
import Synchronization

/// The subscriptions of every connection, so that `events.unsubscribe` can end one.
final class EventSubscriptions: Sendable {
    /// Of one connection: each costs a read of the store per event.
    static let maximumPerConnection = 16

    private struct State {
        /// The task is nil until it has begun.
        var byConnection: [UInt64: [String: ConnectionTask?]] = [:]
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Throws `overloaded`.
    func add(connection: UInt64) throws(SandboxError) -> String {
        let id = state.withLock { state -> String? in
            guard state.byConnection[connection, default: [:]].count < Self.maximumPerConnection else { return nil }
            state.nextID += 1
            let id = "sub-\(state.nextID)"
            state.byConnection[connection, default: [:]][id] = .some(nil)
            return id
        }
        guard let id else {
            throw SandboxError(
                .overloaded(retryAfter: 1),
                "this connection has \(Self.maximumPerConnection) subscriptions already; end one of them first")
        }
        return id
    }

    func begin(_ id: String, _ task: ConnectionTask, connection: UInt64) {
        state.withLock { state in
            // Ended already, with its connection.
            guard state.byConnection[connection]?[id] != nil else { return }
            state.byConnection[connection]?[id] = task
        }
    }

    /// False where the connection has no such subscription.
    @discardableResult
    func remove(_ id: String, connection: UInt64) -> Bool {
        let task = state.withLock { state in
            let task = state.byConnection[connection]?.removeValue(forKey: id)
            if state.byConnection[connection]?.isEmpty == true { state.byConnection[connection] = nil }
            return task
        }
        guard let task else { return false }
        task?.cancel()
        return true
    }
}
