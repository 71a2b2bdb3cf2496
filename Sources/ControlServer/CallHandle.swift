import Synchronization

/// Ends one running call from outside of its task.
final class CallHandle: Sendable {
    private enum State {
        /// Goes to `running` or `cancelled`.
        case waiting
        /// Goes to `finished`.
        case running(TaskReference)
        /// Before its task started. Goes to `finished`.
        case cancelled
        case finished
    }

    /// The call's task while that is running.
    // Safe because it is used only under the handle's lock and only until `run` ends, which is inside of the closure
    // that got the reference, and because `cancel()` is one of the calls that other tasks may make.
    private struct TaskReference: @unchecked Sendable {
        let task: UnsafeCurrentTask
    }

    private let state = Mutex(State.waiting)

    /// Cancels the call's task, or sees to it that it starts cancelled.
    ///
    /// Runs the call's cancellation handlers: never call it with another lock held.
    func cancel() {
        state.withLock { state in
            switch state {
            case .waiting: state = .cancelled
            case .running(let reference): reference.task.cancel()
            case .cancelled, .finished: break
            }
        }
    }

    /// Runs `body` in the current task, which `cancel` cancels meanwhile.
    func run<T: Sendable>(_ body: @Sendable () async -> T) async -> T {
        await withUnsafeCurrentTask { task in
            start(task)
            defer { state.withLock { $0 = .finished } }
            return await body()
        }
    }

    private func start(_ task: UnsafeCurrentTask?) {
        guard let task else { return }
        let reference = TaskReference(task: task)
        let wasCancelled = state.withLock { state in
            if case .cancelled = state { return true }
            state = .running(reference)
            return false
        }
        if wasCancelled { task.cancel() }
    }
}
