/// Work that outlives the request that asked for it: done by the server itself, which ends it when it stops.
final class BackgroundWork: Sendable {
    typealias Job = @Sendable () async -> Void

    /// Bounded by the number of runs.
    private let jobs: AsyncStream<Job>
    private let sink: AsyncStream<Job>.Continuation

    init() {
        (jobs, sink) = AsyncStream.makeStream()
    }

    /// False where the server is stopping: the job will not be done.
    func submit(_ job: @escaping Job) -> Bool {
        if case .enqueued = sink.yield(job) { return true }
        return false
    }

    /// Does what is submitted, until cancelled, and waits for what is under way.
    func run() async {
        await withDiscardingTaskGroup { tasks in
            for await job in jobs { tasks.addTask { await job() } }
            tasks.cancelAll()
        }
    }
}
