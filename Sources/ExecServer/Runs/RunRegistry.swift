import ExecAPI
import NIOHTTP1
import ProcessSupervisor
import Synchronization

/// The runs that are under way, the latest that ended, and the ids of those before, so that none is started twice.
final class RunRegistry: Sendable {
    private struct State {
        /// In the order of their starts.
        var running: [UInt64: ManagedRun] = [:]
        var names: [String: ManagedRun] = [:]
        var next: UInt64 = 0
        /// Those that ended and can be attached to, oldest first.
        var kept: [ManagedRun] = []
        var finished: Set<String> = []
        /// `finished` in a ring, oldest at `oldest` once it is full.
        var order: [String] = []
        var oldest = 0
        var isClosed = false

        mutating func remember(_ id: String) {
            if order.count < ServerLimits.rememberedRuns {
                order.append(id)
            } else {
                finished.remove(order[oldest])
                order[oldest] = id
                oldest = (oldest + 1) % order.count
            }
            finished.insert(id)
        }

        /// Keeps a run for later, and forgets the oldest that are too many or too large.
        mutating func keep(_ run: ManagedRun) {
            kept.append(run)
            var bytes = kept.reduce(0) { $0 + $1.keptBytes }
            while kept.count > ServerLimits.keptRuns || (bytes > ServerLimits.keptBytes && kept.count > 1) {
                let oldest = kept.removeFirst()
                bytes -= oldest.keptBytes
                if let id = oldest.id { names[id] = nil }
            }
        }
    }

    private let maximumRuns: Int
    private let state = Mutex(State())

    init(maximumRuns: Int) {
        self.maximumRuns = maximumRuns
    }

    var count: Int { state.withLock { $0.running.count } }

    /// Whether a run of that id was started, however long ago that may be.
    func knows(_ id: String) -> Bool {
        state.withLock { $0.names[id] != nil || $0.finished.contains(id) }
    }

    /// One that is under way, or ended and is kept.
    func run(_ id: String) -> ManagedRun? {
        state.withLock { $0.names[id] }
    }

    /// All that have an id, oldest first.
    var all: [RunsResult.Run] {
        let runs = state.withLock { state in
            state.kept + state.running.sorted { $0.key < $1.key }.map(\.value)
        }
        return runs.compactMap { run in run.id.map { run.status($0) } }.sorted { $0.startedAt < $1.startedAt }
    }

    /// Does `body` while `run` counts as under way. One whose `body` threw before it was `started` may be tried again.
    ///
    /// Throws `conflict` for an id that was used, `overloaded` where there are too many runs.
    func perform<Result>(
        _ run: ManagedRun, _ body: (_ started: @escaping @Sendable () -> Void) async throws -> Result
    ) async throws -> Result {
        let number = try begin(run)
        let hasStarted = Started()
        defer { end(run, number, hasStarted: hasStarted.value.withLock { $0 }) }
        return try await body { hasStarted.value.withLock { $0 = true } }
    }

    private final class Started: Sendable {
        let value = Mutex(false)
    }

    /// Ends all runs and refuses new ones.
    func endAll(_ request: RunControl.Request) {
        let runs = state.withLock { state in
            state.isClosed = true
            return Array(state.running.values)
        }
        for run in runs { run.end(request) }
    }

    private func begin(_ run: ManagedRun) throws(ExecFailure) -> UInt64 {
        try state.withLock { state throws(ExecFailure) in
            guard !state.isClosed else { throw .overloaded("the exec server is stopping") }
            if let id = run.id, state.names[id] != nil || state.finished.contains(id) {
                let word = state.names[id].map { !$0.hasEnded } ?? false ? "is running" : "has ended"
                throw ExecFailure(.conflict, .conflict, "the run '\(id)' \(word) already: nothing was started")
            }
            guard state.running.count < maximumRuns else {
                throw .overloaded("\(maximumRuns) commands run already: try again when one has ended")
            }
            state.next &+= 1
            state.running[state.next] = run
            if let id = run.id { state.names[id] = run }
            return state.next
        }
    }

    private func end(_ run: ManagedRun, _ number: UInt64, hasStarted: Bool) {
        state.withLock { state in
            state.running[number] = nil
            guard let id = run.id else { return }
            if hasStarted { state.remember(id) }
            if hasStarted, run.spool != nil {
                state.keep(run)
            } else {
                state.names[id] = nil
            }
        }
    }
}
