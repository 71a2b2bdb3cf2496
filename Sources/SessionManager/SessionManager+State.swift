import DequeModule
import SandboxCore

extension SessionManager {
    /// Everything that changes, under one lock.
    struct State {
        var machine: SessionStateMachine
        var sandboxes: [SandboxKey: any Sandbox] = [:]
        /// Callers between the machine's word and their continuation's.
        var parked: [WaiterID: Parked] = [:]
        /// For `run()`, in order. At most a few pieces for every session.
        var work: [Work] = []
        /// Sessions with a write to the store under way, and those writes of theirs that wait for it.
        var writes: [SessionID: Deque<SessionAction>] = [:]
        /// What running timers wait for, latest first: one is started only when an earlier time is due.
        var armed: [SessionInstant] = []
        /// Finishing one calls its start off.
        var startSignals: [SandboxKey: AsyncStream<Void>.Continuation] = [:]
        var isRunning = false
        var hasEnded = false

        init(machine: SessionStateMachine) { self.machine = machine }
    }

    enum Parked {
        case answered(WaiterOutcome)
        case waiting(CheckedContinuation<WaiterOutcome, Never>)
    }

    enum Work: Sendable {
        case action(SessionAction)
        case start(SandboxClaim, limit: Duration, calledOff: AsyncStream<Void>)
        case timer(SessionInstant)
        case watchRun(_ runID: String, Lease)
    }
}

extension SessionManager.State {
    /// What is done after the lock is let go.
    struct Aftermath: Sendable {
        var answers: [(CheckedContinuation<WaiterOutcome, Never>, WaiterOutcome)] = []
        var calledOff: [AsyncStream<Void>.Continuation] = []
        /// Only to be let go of: what a handle's end does is not for under the lock.
        var dropped: [any Sandbox] = []
        var hasWork = false
    }

    mutating func collect() -> Aftermath {
        var aftermath = Aftermath()
        for action in machine.takeActions() {
            switch action {
            case .resume(let waiter, let outcome):
                if case .waiting(let continuation) = parked.removeValue(forKey: waiter) {
                    aftermath.answers.append((continuation, outcome))
                } else {
                    parked[waiter] = .answered(outcome)
                }
            case .start(let claim, let limit):
                let (stream, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
                startSignals[SandboxKey(claim.sessionID, claim.generation)] = signal
                work.append(.start(claim, limit: limit, calledOff: stream))
            case .cancelStart(let key):
                if let signal = startSignals.removeValue(forKey: key) { aftermath.calledOff.append(signal) }
            case .handOver(let old, let new, let environment):
                let sandbox = sandboxes.removeValue(forKey: old)
                sandboxes[new] = environment.isEmpty ? sandbox : sandbox?.adding(environment: environment)
            case .dropSandbox(let key):
                if let sandbox = sandboxes.removeValue(forKey: key) { aftermath.dropped.append(sandbox) }
            default:
                guard let sessionID = action.writtenSession else {
                    work.append(.action(action))
                    continue
                }
                if writes[sessionID] == nil {
                    writes[sessionID] = []
                    work.append(.action(action))
                } else {
                    writes[sessionID]?.append(action)
                }
            }
        }
        if let due = machine.nextDue, armed.last.map({ due < $0 }) ?? true {
            armed.append(due)
            work.append(.timer(due))
        }
        aftermath.hasWork = !work.isEmpty
        return aftermath
    }

    /// The next one's turn.
    mutating func writeEnded(_ sessionID: SessionID) {
        if let next = writes[sessionID]?.popFirst() { work.append(.action(next)) } else { writes[sessionID] = nil }
    }

    /// Will be tried again. Those who wait for what waits behind it are not to wait as long.
    mutating func commitFailed(_ change: StoreChange, _ error: SandboxError, now: SessionMoment) {
        machine.commitFailed(change, error)
        let waiting = writes[change.sessionID] ?? []
        writes[change.sessionID]?.removeAll { if case .reserve = $0 { true } else { false } }
        for action in waiting {
            switch action {
            case .commit(let change): machine.commitFailed(change, error)
            case .reserve(let draft, _): machine.reserved(draft.sessionID, .failure(error), now: now)
            default: break
            }
        }
    }
}
