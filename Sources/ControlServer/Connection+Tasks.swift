import JSONRPC
import Synchronization

extension Connection {
    func startTask(_ body: @escaping @Sendable () async -> Void) throws(RPCError) -> ConnectionTask {
        let overloaded = RPCError.overloaded("too much is under way on this connection", retryAfter: 1)
        guard load.admitTask() else { throw overloaded }
        let result: Result<ConnectionTask, RPCError> = state.withLock { state in
            guard !state.isClosed else { return .failure(.cancelled) }
            guard state.tasks.count < limits.maximumTasksPerConnection else { return .failure(overloaded) }
            let number = state.takeNumber()
            let task = ConnectionTask(number: number, connection: self, handle: CallHandle(), body: body)
            state.tasks[number] = task.handle
            return .success(task)
        }
        switch result {
        case .success(let task):
            // Has room for every task that the load admits.
            intake.yield(.task(task))
            return task
        case .failure(let error):
            load.releaseTask()
            throw error
        }
    }

    func finished(_ task: ConnectionTask) {
        state.withLock { $0.tasks[task.number] = nil }
        load.releaseTask()
    }
}
