import Logging
package import SandboxCore
import Synchronization

extension SessionManager {
    /// Runs an operation in the session's sandbox, under a lease: activity at its start and its end, and no reaping in
    /// between. Waits for a session that is starting. Never creates one.
    ///
    /// Throws `sessionNotFound`, `sandboxGone`, `backendUnavailable` when the sandbox is not taken up yet, and
    /// whatever the operation throws.
    package func withSandbox<Answer>(
        _ sessionID: SessionID, _ purpose: LeasePurpose, _ body: (any Sandbox) async throws -> Answer
    ) async throws(SandboxError) -> Answer {
        try await withSandbox(sessionID, purpose) { sandbox, _ in try await body(sandbox) }
    }

    func withSandbox<Answer>(
        _ sessionID: SessionID, _ purpose: LeasePurpose, _ body: (any Sandbox, SandboxKey) async throws -> Answer
    ) async throws(SandboxError) -> Answer {
        let lease = try await acquire(sessionID, purpose)
        let sandbox = state.withLock { $0.sandboxes[lease.key] }
        do {
            // Released between the grant and here.
            guard let sandbox else { throw sandboxEnded(lease.key) }
            await commit(lease.mark, of: lease.key)
            let answer = try await body(sandbox, lease.key)
            end(lease)
            return answer
        } catch {
            throw end(lease, after: SandboxError(wrapping: error))
        }
    }

    /// The sandbox of a ready session, to be looked at: no lease and no activity. Nil for every other.
    package func peek(_ sessionID: SessionID) -> (SandboxKey, any Sandbox)? {
        state.withLock { state in
            guard let session = state.machine.sessions[sessionID], case .ready = session.phase,
                let sandbox = state.sandboxes[session.record.key]
            else { return nil }
            return (session.record.key, sandbox)
        }
    }

    private func acquire(_ sessionID: SessionID, _ purpose: LeasePurpose) async throws(SandboxError) -> Lease {
        while true {
            let decision = try transact { (state, now) throws(SandboxError) in
                try state.machine.acquire(sessionID, purpose, now: now)
            }
            switch decision {
            case .leased(let lease): return lease
            case .wait(let waiter):
                switch await outcome(of: waiter) {
                case .leased(let lease): return lease
                case .failed(let error): throw error
                case .again, .opened, .stopped, .updated: continue
                }
            }
        }
    }

    private func end(_ lease: Lease) {
        transact { state, now in state.machine.endLease(lease, now: now) }
    }

    /// An error that may mean the sandbox's death has the backend asked; one that comes of the session's end says so.
    private func end(_ lease: Lease, after error: SandboxError) -> SandboxError {
        transact { state, now in
            state.machine.endLease(lease, now: now)
            switch error.kind {
            case .backendUnavailable:
                if let end = state.machine.endOf(lease.key) { return end }
                state.machine.suspect(lease.key)
            case .sandboxGone, .outcomeUnknown: state.machine.suspect(lease.key)
            default: break
            }
            return error
        }
    }

    private func sandboxEnded(_ key: SandboxKey) -> SandboxError {
        state.withLock { $0.machine.endOf(key) }
            ?? .backendUnavailable("the sandbox of session \(key.sessionID) is not at hand; try again")
    }

    /// Sees to it that the store knows of the use before it is answered, so that a restart cannot take the session for
    /// idle. A store that cannot write does not stop the use: the clock in memory is right all the same.
    func commit(_ mark: Int64?, of key: SandboxKey) async {
        guard let mark else { return }
        do throws(SandboxError) {
            try await store.markActive(key, mark: mark)
            transact { state, now in state.machine.marked(key, mark: mark, now: now) }
        } catch {
            logger.warning(
                "activity could not be written down; a restart may take the session for idle",
                metadata: ["session": "\(key.sessionID)", "error": "\(error)"])
        }
    }
}
