package import SandboxCore
import Synchronization

extension SessionManager {
    /// `session.get_or_create`: the session, made if need be.
    ///
    /// A caller that is cancelled or out of time stops waiting; the start goes on and is registered.
    package func open(_ request: OpenRequest) async throws(SandboxError) -> OpenedSession {
        // A pool's sandbox is there already: what it cannot carry has to be refused before it is given away.
        try provider.check(labels: request.labels, environment: request.environment)
        let deadline = request.timeout.map { timeline.now.instant.advanced(by: $0) }
        while true {
            let decision = try transact { (state, now) throws(SandboxError) in
                try state.machine.open(request, deadline: deadline, now: now)
            }
            switch decision {
            case .opened(let session, let key, let mark):
                await commit(mark, of: key)
                return session
            case .wait(let waiter):
                switch await outcome(of: waiter) {
                case .opened(let session): return session
                case .failed(let error): throw error
                case .again, .leased, .stopped, .updated: continue
                }
            }
        }
    }

    /// `open` of a session that is ready and known to be in use: it takes no more than memory. Nil for every other, and
    /// nothing has changed then.
    package func openNow(_ request: OpenRequest) throws(SandboxError) -> OpenedNow? {
        // Nobody waits for it and nothing follows from it: no need to collect what `transact` would.
        try state.withLock { (state) throws(SandboxError) in try state.machine.openNow(request, now: timeline.now) }
    }

    /// What the session shows that `openNow` has opened; nil when that is something else by now.
    package func snapshot(of sessionID: SessionID, _ revision: SessionRevision) -> SessionSnapshot? {
        state.withLock { $0.machine.snapshot(of: sessionID, revision, now: timeline.now) }
    }

    /// Throws `sessionNotFound`.
    package func get(_ sessionID: SessionID) throws(SandboxError) -> SessionSnapshot {
        try state.withLock { (state) throws(SandboxError) in try state.machine.get(sessionID, now: timeline.now) }
    }

    /// Throws `invalid` for a cursor that is none.
    package func list(_ filter: SessionFilter) throws(SandboxError) -> SessionPage {
        try state.withLock { (state) throws(SandboxError) in try state.machine.list(filter, now: timeline.now) }
    }

    /// Whose the session of this id is; nil where there is none.
    package func owner(of sessionID: SessionID) -> SessionOwner? {
        state.withLock { $0.machine.owner(of: sessionID) }
    }

    package func pools() -> [PoolStatus] { state.withLock { $0.machine.poolStatus } }

    package func counts() -> SessionCounts { state.withLock { $0.machine.counts } }

    /// Ends the session; its id is free as soon as that is committed. False when there was none.
    ///
    /// With `wait` it returns when the sandbox is gone, and throws `backendUnavailable` when the first try to delete
    /// it failed: the session has ended all the same, and the deletion is tried again until it succeeds. Throws
    /// `draining` when `run()` has ended.
    package func release(
        _ sessionID: SessionID, reason: String = "released", wait: Bool = true
    ) async throws(SandboxError) -> Bool {
        while true {
            let decision = try transact { (state, now) throws(SandboxError) in
                // Nobody would carry it out.
                guard !state.hasEnded else { throw SessionStateMachine.draining }
                return try state.machine.release(sessionID, detail: reason, waits: wait, now: now)
            }
            switch decision {
            case .nothing: return false
            case .stopped: return true
            case .wait(let waiter):
                switch await outcome(of: waiter) {
                case .stopped: return true
                case .failed(let error): throw error
                case .again, .leased, .opened, .updated: continue
                }
            }
        }
    }

    /// Refuses new sessions with `draining`, or takes them again.
    package func drain(_ isDraining: Bool) {
        transact { state, now in
            state.machine.isDraining = isDraining
            state.machine.admitQueued(now)
            state.machine.fillPools(now)
        }
    }

    /// What sessions get that are opened from now on, and how many there may be.
    package func update(_ policy: SessionPolicy) {
        transact { state, now in
            state.machine.policy = policy
            state.machine.admitQueued(now)
        }
    }

    /// Activity without an operation.
    package func touch(_ sessionID: SessionID) async throws(SandboxError) -> SessionActivity {
        let (activity, key, mark) = try transact { (state, now) throws(SandboxError) in
            try state.machine.touch(sessionID, now: now)
        }
        await commit(mark, of: key)
        return activity
    }

    /// `touch` of a session that is ready and known to be in use, as `openNow`.
    package func touchNow(_ sessionID: SessionID) -> SessionActivity? {
        state.withLock { state in state.machine.touchNow(sessionID, now: timeline.now) }
    }

    /// Changes a session's timeouts and labels; they are in force, and on record, when it returns. No activity.
    ///
    /// Throws what the store says where that cannot write; the change is tried again until it is on record.
    package func update(
        _ sessionID: SessionID, _ change: SettingsChange
    ) async throws(SandboxError) -> SessionSnapshot {
        while true {
            let waiter = try transact { (state, now) throws(SandboxError) in
                guard !state.hasEnded else { throw SessionStateMachine.draining }
                return try state.machine.update(sessionID, change, now: now)
            }
            switch await outcome(of: waiter) {
            case .updated: return try get(sessionID)
            case .failed(let error): throw error
            case .again, .leased, .opened, .stopped: continue
            }
        }
    }

    /// When and why it would be reaped. No activity. Throws `sessionNotFound`.
    package func explain(_ sessionID: SessionID) throws(SandboxError) -> SessionExplanation {
        try state.withLock { (state) throws(SandboxError) in try state.machine.explain(sessionID, now: timeline.now) }
    }

    /// Asks the backend. No activity. Throws `backendUnavailable` when it gives no answer.
    package func isAlive(_ sessionID: SessionID) async throws(SandboxError) -> Bool {
        let target = try transact { (state, _) throws(SandboxError) in try state.machine.livenessTarget(sessionID) }
        guard let (key, info) = target else { return false }
        let liveness = await liveness(of: key, info)
        if Task.isCancelled { throw .cancelled }
        switch liveness {
        case .alive: return true
        case .gone: return false
        case .unknown(let cause):
            throw .backendUnavailable("nothing is known about the sandbox of session \(sessionID): \(cause)")
        }
    }

    /// Reaps now what has been idle for `maxIdle`, or, without it, what its own timeouts say; a dry run only tells.
    ///
    /// Returns when the sandboxes are gone, or the first try to delete them failed (and goes on).
    package func cleanupIdle(maxIdle: Duration?, dryRun: Bool = false) async -> [ReapedSession] {
        let result = transact { state, now in
            // Nobody would carry it out.
            guard !state.hasEnded else { return SessionStateMachine.CleanupResult() }
            return state.machine.cleanupIdle(maxIdle: maxIdle, dryRun: dryRun, now: now)
        }
        for waiter in result.waiters { _ = await outcome(of: waiter) }
        return result.reaped
    }

    /// Events that are on record, oldest first.
    package func events(_ query: EventQuery) async throws(SandboxError) -> EventPage {
        try await store.events(query)
    }

    /// The number of the last event on record.
    package var latestEvent: Int64 { store.latestEvent }

    /// The wall clock, as events carry it.
    package var now: Timestamp { timeline.now.wall }

    /// Yields whenever there may be newer events than before, one value for any number of them, and ends with `run()`
    /// or with whoever iterates it.
    package func eventSignals() -> AsyncStream<Void> { signals.subscribe() }

    /// Ended sessions, newest first, from the store. Throws `invalid` for a cursor that is none.
    package func history(_ query: HistoryQuery) async throws(SandboxError) -> HistoryPage {
        try await store.history(query)
    }
}
