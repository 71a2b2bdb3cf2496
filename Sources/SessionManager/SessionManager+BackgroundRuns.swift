import Logging
package import SandboxCore
import Synchronization

extension SessionManager {
    /// Starts a run that goes on without its caller. Until it has ended it holds a lease of its own, across restarts of
    /// the daemon too. A repeat of a known `runID` starts nothing.
    package func startRun(
        _ request: RunRequest, in sessionID: SessionID, ownerUID: UInt32? = nil
    ) async throws(SandboxError) {
        let purpose = LeasePurpose(SessionOperation.backgroundRun, ownerUID: ownerUID, runID: request.runID)
        try await withSandbox(sessionID, purpose) { (sandbox, key) in
            do throws(SandboxError) {
                guard try await sandbox.start(request) else { return }
            } catch {
                // It may run: the watch finds out.
                if error.kind == .outcomeUnknown { watch(purpose, in: key) }
                throw error
            }
            watch(purpose, in: key)
        }
    }

    /// While somebody else holds a lease of the session's.
    private func watch(_ run: LeasePurpose, in key: SandboxKey) {
        transact { state, now in state.hold(run, in: key, now: now) }
    }

    /// Ends the lease of a background run when the run has ended.
    func watchRun(_ runID: String, _ lease: Lease) async {
        var asked = 0
        while true {
            asked += 1
            await waitForEnd(of: runID, lease, within: SessionTiming.runCheck.delay(afterFailures: asked))
            guard !Task.isCancelled, let sandbox = sandbox(of: lease) else { return }
            let result = await timeline.bounded(SessionTiming.livenessLimit) { () async throws(SandboxError) in
                try await sandbox.runs()
            }
            switch result {
            case .success(let runs):
                if runs.contains(where: { $0.runID == runID && $0.outcome == nil }) { continue }
                transact { state, now in state.machine.endLease(lease, now: now) }
                return
            case .failure(let error):
                // No answer says nothing about the run.
                if error.kind == .backendUnavailable { transact { state, _ in state.machine.suspect(lease.key) } }
            }
        }
    }

    /// Returns early where the sandbox tells that the run has ended.
    private func waitForEnd(of runID: String, _ lease: Lease, within time: Duration) async {
        let due = timeline.now.instant.advanced(by: time)
        if let sandbox = sandbox(of: lease) {
            let wait = await timeline.bounded(time) { () async throws(SandboxError) in
                try await sandbox.waitForEnd(of: runID, within: time)
            }
            if case .success = wait { return }
        }
        try? await timeline.sleep(until: due)
    }

    /// Nil when the lease is over.
    private func sandbox(of lease: Lease) -> (any Sandbox)? {
        state.withLock { $0.machine.holds(lease) ? $0.sandboxes[lease.key] : nil }
    }

    /// The runs that go on in a sandbox without a caller.
    func backgroundRuns(of sandbox: any Sandbox) async throws(SandboxError) -> [String] {
        do throws(SandboxError) {
            return try await sandbox.runs().filter { $0.outcome == nil && $0.kept != nil }.map(\.runID)
        } catch {
            // An exec server from before there were such runs has none.
            guard error.kind == .internal else { throw error }
            return []
        }
    }
}

extension SessionManager.State {
    /// Has a background run hold a lease until `watchRun` ends it.
    mutating func hold(_ run: LeasePurpose, in key: SandboxKey, now: SessionMoment) {
        guard let runID = run.runID, let lease = machine.leaseForRun(run, in: key, now: now) else { return }
        work.append(.watchRun(runID, lease))
    }
}
