package import Logging
package import SandboxCore
import Synchronization

/// Keeps one sandbox per session: the rules of `SessionStateMachine`, run against a backend and a store.
///
/// The machine lives under one lock and is asked there what to do; everything that takes time happens outside, in
/// tasks that `run()` owns. Looking at sessions never touches the store or the backend. Requests made before `run()`
/// wait for it; after it has ended they are refused with `draining`.
package final class SessionManager: Sendable {
    /// Random per store; sandboxes carry it.
    package var instanceID: String { store.instanceID }
    package var backend: String { provider.backend }

    let provider: any SandboxProvider
    let store: any SessionStore
    let timeline: SessionTimeline
    let onStart: @Sendable (StartOutcome) -> Void
    let logger: Logger
    let state: Mutex<State>
    /// Says that there is work for `run()`. One signal stands for any number.
    let wake: AsyncStream<Void>
    let wakeUp: AsyncStream<Void>.Continuation
    let signals = EventSignals()

    /// Reads the store and takes over its sessions; their sandboxes are taken up when `run()` begins.
    ///
    /// `onStart`: told of every start that has ended, pools' among them, but of none that was called off.
    ///
    /// Throws when the store cannot be read.
    package init(
        provider: any SandboxProvider, store: any SessionStore, policy: SessionPolicy,
        profiles: [String: SessionProfile], logger: Logger, clock: any SessionClock = SystemSessionClock(),
        onStart: @escaping @Sendable (StartOutcome) -> Void = { _ in }
    ) async throws(SandboxError) {
        let stored = try await store.load()
        timeline = SessionTimeline(clock: clock, checkpoint: stored.checkpoint, latest: stored.latestInstant)
        try await store.settle([], checkpoint: timeline.checkpoint)
        self.provider = provider
        self.store = store
        self.onStart = onStart
        self.logger = logger
        var machine = SessionStateMachine(
            policy: policy,
            profiles: profiles.mapValues { profile in
                var profile = profile
                profile.pool?.shape = provider.shape(ofProfile: profile.name)
                return profile
            })
        machine.restore(stored, now: timeline.now)
        state = Mutex(State(machine: machine))
        (wake, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        transact { _, _ in }
        if !stored.quarantined.isEmpty {
            logger.critical(
                "rows of the store could not be read; they are kept in its table 'quarantine', and no sandbox of theirs is touched",
                metadata: ["rows": "\(stored.quarantined.count)"])
        }
    }

    deinit { wakeUp.finish() }

    /// One event: the machine decides under the lock, callers are answered and work is handed out after it.
    func transact<Answer: Sendable>(
        _ event: (inout State, SessionMoment) throws(SandboxError) -> Answer
    ) throws(SandboxError) -> Answer {
        let (result, aftermath) = state.withLock { state in
            let now = timeline.now
            let result: Result<Answer, SandboxError>
            do throws(SandboxError) {
                result = .success(try event(&state, now))
            } catch {
                result = .failure(error)
            }
            return (result, state.collect())
        }
        finish(aftermath)
        return try result.get()
    }

    func transact<Answer: Sendable>(_ event: (inout State, SessionMoment) -> Answer) -> Answer {
        let (answer, aftermath) = state.withLock { state in
            let answer = event(&state, timeline.now)
            return (answer, state.collect())
        }
        finish(aftermath)
        return answer
    }

    private func finish(_ aftermath: State.Aftermath) {
        for (continuation, outcome) in aftermath.answers { continuation.resume(returning: outcome) }
        for signal in aftermath.calledOff { signal.finish() }
        if aftermath.hasWork { wakeUp.yield() }
    }

    /// Waits for what the machine has parked this caller for; a cancelled caller stops waiting, and nothing else.
    func outcome(of waiter: WaiterID) async -> WaiterOutcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answered: WaiterOutcome? = state.withLock { state in
                    if case .answered(let outcome) = state.parked.removeValue(forKey: waiter) { return outcome }
                    state.parked[waiter] = .waiting(continuation)
                    return nil
                }
                if let answered { continuation.resume(returning: answered) }
            }
        } onCancel: {
            transact { state, now in _ = state.machine.cancelWaiter(waiter, with: .cancelled, now: now) }
        }
    }
}
