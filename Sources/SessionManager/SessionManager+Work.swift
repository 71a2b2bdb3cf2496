import Failpoints
import Logging
import SandboxCore
import Synchronization

extension SessionManager {
    /// Does one thing and reports it to the machine. What fails because the daemon stops is not reported: it says
    /// nothing about the sandbox, and the next daemon goes on from the store.
    func perform(_ work: Work) async {
        switch work {
        case .timer(let instant): await wait(until: instant)
        case .start(let claim, let limit, let calledOff): await start(claim, limit: limit, calledOff: calledOff)
        case .action(let action): await perform(action)
        case .watchRun(let runID, let lease): await watchRun(runID, lease)
        }
    }

    private func perform(_ action: SessionAction) async {
        switch action {
        case .reserve(let draft, let member): await reserve(draft, claiming: member)
        case .commit(let change): await commit(change)
        case .discard(let id, let target): await discard(id, target)
        case .adopt(let claim, let info): await adopt(claim, info)
        case .checkLiveness(let key, let info): _ = await liveness(of: key, info)
        case .relabel(let claim, let info): await relabel(claim, info)
        case .takeInventory: await takeInventory()
        case .settle(let stamps): await settle(stamps)
        // Done under the lock and right after it.
        case .start, .cancelStart, .handOver, .dropSandbox, .resume: break
        }
    }

    private func wait(until instant: SessionInstant) async {
        do throws(CancellationError) {
            try await timeline.sleep(until: instant)
        } catch {
            return
        }
        transact { state, now in
            state.armed.removeAll { $0 == instant }
            state.machine.tick(now)
        }
    }

    private func relabel(_ claim: SandboxClaim, _ info: SandboxInfo) async {
        let key = SandboxKey(claim.sessionID, claim.generation)
        Failpoint.reach("pool_before_relabel")
        let result = await timeline.bounded(SessionTiming.livenessLimit) { [provider] () async throws(SandboxError) in
            try await provider.relabel(claim, info: info)
        }
        Failpoint.reach("pool_after_relabel")
        var hasFailed = false
        if case .failure(let error) = result {
            guard !Task.isCancelled else { return }
            hasFailed = true
            logger.warning(
                "a claimed sandbox does not carry its session's labels yet",
                metadata: ["sandbox": "\(claim.sandboxName)", "error": "\(error)"])
        }
        transact { state, now in state.machine.relabelled(key, succeeded: !hasFailed, now: now) }
    }

    private func reserve(_ draft: ReservationDraft, claiming member: SessionRecord?) async {
        let sessionID = draft.sessionID
        let result: Result<SessionRecord, SandboxError>
        do throws(SandboxError) {
            let limits = state.withLock { $0.machine.policy.limits }
            Failpoint.reach("before_reserve")
            let record =
                if let member {
                    try await store.claim(member, for: draft, limits: limits)
                } else {
                    try await store.reserve(
                        draft, nonce: Secret.make(bytes: 16), token: Secret.make(bytes: 32), limits: limits
                    ) { [provider] in
                        provider.sandboxName(sessionID: sessionID, generation: $0)
                    }
                }
            Failpoint.reach("after_reserve")
            result = .success(record)
            signals.notify()
        } catch {
            logger.error("a session could not be reserved", metadata: ["session": "\(sessionID)", "error": "\(error)"])
            result = .failure(error)
        }
        transact { state, now in
            state.writeEnded(sessionID)
            state.machine.reserved(sessionID, result, now: now)
        }
    }

    private func start(_ claim: SandboxClaim, limit: Duration, calledOff: AsyncStream<Void>) async {
        let key = SandboxKey(claim.sessionID, claim.generation)
        Failpoint.reach("before_start")
        let begin = timeline.now.instant
        let result = await timeline.bounded(limit, until: calledOff) { [provider] () async throws(SandboxError) in
            try await provider.start(claim)
        }
        Failpoint.reach("after_start")
        if case .failure(let error) = result {
            guard !Task.isCancelled else { return }
            logger.warning(
                "a sandbox did not start", metadata: ["sandbox": "\(claim.sandboxName)", "error": "\(error)"])
        }
        let took = begin.duration(to: timeline.now.instant)
        if result.isReported {
            onStart(StartOutcome(profile: claim.profile, took: took, result: result.map(\.info)))
        }
        transact { state, now in
            state.startSignals[key] = nil
            let isKept = state.machine.startEnded(key, result.map(\.info), now: now)
            if isKept, case .success(let started) = result { state.sandboxes[key] = started.sandbox }
        }
    }

    /// Until it succeeds: the machine stays in the state before, and every failure is told to those who wait.
    private func commit(_ change: StoreChange) async {
        let at = timeline.now.wall
        var failures = 0
        while true {
            do throws(SandboxError) {
                Failpoint.reach("before_commit")
                try await store.apply(change, at: at)
                Failpoint.reach("after_commit")
                signals.notify()
                break
            } catch {
                failures += 1
                logger.error("the store did not take a change; it is tried again", metadata: ["error": "\(error)"])
                transact { state, now in state.commitFailed(change, error, now: now) }
                let delay = SessionTiming.commitRetry.delay(afterFailures: failures)
                try? await timeline.sleep(until: timeline.now.instant.advanced(by: delay))
                if Task.isCancelled { return }
            }
        }
        transact { state, now in
            state.writeEnded(change.sessionID)
            state.machine.committed(change, now: now)
        }
    }

    private func discard(_ id: DiscardID, _ target: DiscardTarget) async {
        Failpoint.reach("before_discard")
        let result = await timeline.bounded(SessionTiming.discardLimit) { [provider] () async throws(SandboxError) in
            try await provider.discard(target)
        }
        Failpoint.reach("after_discard")
        if case .failure(let error) = result {
            guard !Task.isCancelled else { return }
            logger.error(
                "a sandbox could not be deleted; it is tried again",
                metadata: ["sandbox": "\(target.name)", "error": "\(error)"])
        }
        transact { state, now in state.machine.discarded(id, result, now: now) }
    }

    private func adopt(_ claim: SandboxClaim, _ info: SandboxInfo) async {
        let key = SandboxKey(claim.sessionID, claim.generation)
        Failpoint.reach("before_adopt")
        let answer = await timeline.bounded(SessionTiming.adoptionLimit) { [provider] () async throws(SandboxError) in
            let adoption = await provider.adopt(claim, info: info)
            guard case .adopted(let started) = adoption else { return (adoption, [String]()) }
            return (adoption, try await self.backgroundRuns(of: started.sandbox))
        }
        Failpoint.reach("after_adopt")
        var sandbox: (any Sandbox)?
        var runs: [String] = []
        let result: SessionStateMachine.AdoptionResult
        switch answer {
        case .success((.adopted(let started), let found)):
            // A pool's was made without its session's variables.
            let isClaimed =
                claim.sandboxName
                != provider.sandboxName(sessionID: claim.sessionID, generation: claim.generation)
            sandbox = isClaimed ? started.sandbox.adding(environment: claim.environment) : started.sandbox
            runs = found
            result = .adopted(started.info)
        case .success((.gone(let reason, let detail), _)): result = .gone(reason, detail: detail)
        case .success((.unknown(let error), _)), .failure(let error):
            guard !Task.isCancelled else { return }
            result = .unknown(error)
        }
        transact { state, now in
            guard state.machine.adoptionEnded(key, result, now: now) else { return }
            state.sandboxes[key] = sandbox
            for runID in runs {
                state.hold(LeasePurpose(SessionOperation.backgroundRun, runID: runID), in: key, now: now)
            }
        }
    }

    func liveness(of key: SandboxKey, _ info: SandboxInfo) async -> Liveness {
        let answer = await timeline.bounded(SessionTiming.livenessLimit) { [provider] in
            await provider.liveness(info)
        }
        let liveness =
            switch answer {
            case .success(let liveness): liveness
            case .failure(let error): Liveness.unknown(error.message)
            }
        transact { state, now in state.machine.livenessKnown(key, liveness, now: now) }
        return liveness
    }

    private func settle(_ stamps: [ActivityStamp]) async {
        var succeeded = true
        do throws(SandboxError) {
            Failpoint.reach("before_settle")
            try await store.settle(stamps, checkpoint: timeline.checkpoint)
            Failpoint.reach("after_settle")
        } catch {
            logger.warning("last activities could not be written down yet", metadata: ["error": "\(error)"])
            succeeded = false
        }
        transact { state, now in state.machine.settled(stamps, succeeded: succeeded, now: now) }
    }

    private func takeInventory() async {
        let result = await timeline.bounded(SessionTiming.inventoryLimit) { [provider] () async throws(SandboxError) in
            try await provider.inventory()
        }
        if case .failure(let error) = result {
            guard !Task.isCancelled else { return }
            logger.warning("the backend's sandboxes could not be listed yet", metadata: ["error": "\(error)"])
        }
        Failpoint.reach("after_inventory")
        let differences = transact { state, now in state.machine.inventoryTaken(result, now: now) }
        for difference in differences { log(difference) }
    }

    private func log(_ difference: SessionStateMachine.Difference) {
        switch difference {
        case .unreadable(let found):
            logger.warning(
                "a sandbox carries this daemon's label but not whose it is; it is left alone",
                metadata: ["sandbox": "\(found.name)"])
        case .quarantined(let found):
            logger.warning(
                "a sandbox may belong to a row that could not be read; it is left alone",
                metadata: ["sandbox": "\(found.name)"])
        case .orphan(let found):
            logger.warning("no session knows a sandbox of ours; it is deleted", metadata: ["sandbox": "\(found.name)"])
        case .missing(let key):
            logger.warning("the backend's list lacks a session's sandbox", metadata: ["session": "\(key.sessionID)"])
        case .mislabelled(let key, let fault):
            logger.warning(
                "a session's sandbox is labelled wrong; podkeeper doctor --fix mends it",
                metadata: ["session": "\(key.sessionID)", "fault": "\(fault)"])
        }
    }
}

extension Result<StartedSandbox, SandboxError> {
    /// False for a start that somebody called off: it did not fail.
    fileprivate var isReported: Bool {
        if case .failure(let error) = self, error.kind == .cancelled { false } else { true }
    }
}
