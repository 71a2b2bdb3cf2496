import SandboxCore

@testable import SessionManager

/// A state machine with the world around it in memory: the rows that its commits make, the sandboxes that its starts
/// make, and the actions that nobody has done yet.
struct MachineBench {
    var machine: SessionStateMachine
    var now = SessionMoment(instant: SessionInstant(milliseconds: 0), wall: Timestamp(milliseconds: 1_700_000_000_000))
    var pending: [SessionAction] = []
    var outcomes: [WaiterID: WaiterOutcome] = [:]
    private var answered: Set<WaiterID> = []

    var rows: [SessionID: SessionRecord] = [:]
    var deletions: [SandboxKey: PendingDeletion] = [:]
    var generations: [SessionID: Int] = [:]
    var history: [HistoryRecord] = []
    /// The latest of each generation; those of generation 0 wait for room.
    private var lastEvents: [SandboxKey: EventRecord.Kind] = [:]
    private(set) var eventCount = 0
    /// Sandboxes that exist, by key, with their uid.
    var sandboxes: [SandboxKey: String] = [:]
    var faults: [String] = []
    /// Uids of pools' sandboxes that a session has got.
    var claimed: Set<String> = []

    init(policy: SessionPolicy = SessionPolicy(), pool: PoolPolicy? = nil) {
        machine = SessionStateMachine(
            policy: policy,
            profiles: [
                "default": SessionProfile(name: "default", pool: pool), "other": SessionProfile(name: "other"),
            ])
    }

    static func request(_ id: String, uid: UInt32 = 1000) throws -> OpenRequest {
        OpenRequest(sessionID: try SessionID(id), owner: SessionOwner(uid: uid, gid: uid, user: nil))
    }

    mutating func collect() {
        for action in machine.takeActions() {
            if case .resume(let waiter, let outcome) = action {
                if !answered.insert(waiter).inserted { faults.append("waiter \(waiter.number) was answered twice") }
                outcomes[waiter] = outcome
            } else {
                pending.append(action)
            }
        }
    }

    mutating func advance(by duration: Duration) {
        now.instant = now.instant.advanced(by: duration)
        now.wall = now.wall.advanced(by: duration)
        machine.tick(now)
        collect()
    }

    /// Does everything that is to be done, without a failure, until nothing is left.
    mutating func settle() {
        collect()
        while !pending.isEmpty { perform(0, fails: false) }
    }

    mutating func open(_ request: OpenRequest, timeout: Duration? = nil) throws -> SessionStateMachine.OpenDecision {
        defer { collect() }
        let deadline = timeout.map { now.instant.advanced(by: $0) }
        return try machine.open(request, deadline: deadline, now: now)
    }

    /// Opens, and does what it takes; the session as it was answered.
    mutating func opened(_ request: OpenRequest) throws -> OpenedSession? {
        switch try open(request) {
        case .opened(let session, _, _): return session
        case .wait(let waiter):
            settle()
            if case .opened(let session) = outcomes[waiter] { return session }
            return nil
        }
    }

    private static let failure = SandboxError.backendUnavailable("no answer")

    /// Does one pending action; `fails` where it can.
    mutating func perform(_ chosen: Int, fails: Bool) {
        // Writes of one session are done in their order.
        let session = pending[chosen].writtenSession
        let index = session.flatMap { id in pending.firstIndex { $0.writtenSession == id } } ?? chosen
        switch pending.remove(at: index) {
        case .reserve(let draft, let member):
            let result = fails ? .failure(Self.failure) : reserve(draft, claiming: member)
            machine.reserved(draft.sessionID, result, now: now)
        case .relabel(let claim, _):
            let key = SandboxKey(claim.sessionID, claim.generation)
            machine.relabelled(key, succeeded: !fails, now: now)
        case .start(let claim, _):
            let key = SandboxKey(claim.sessionID, claim.generation)
            if rows[claim.sessionID]?.generation != claim.generation, deletions[key] == nil {
                faults.append("\(key) was started without a row")
            }
            // A start that fails may leave its sandbox behind all the same.
            let uid = sandboxes[key] ?? "uid-\(key)"
            if !fails || claim.generation.isMultiple(of: 2) { sandboxes[key] = uid }
            let info = SandboxInfo(name: claim.sandboxName, uid: uid, workDirectory: "/")
            _ = machine.startEnded(key, fails ? .failure(Self.failure) : .success(info), now: now)
        case .cancelStart(let key):
            let isWaiting = { (action: SessionAction) -> Bool in
                guard case .start(let claim, _) = action else { return false }
                return SandboxKey(claim.sessionID, claim.generation) == key
            }
            // Called off: whether it made its sandbox before is anybody's guess.
            guard let start = pending.firstIndex(where: isWaiting) else { break }
            pending.remove(at: start)
            if fails { sandboxes[key] = "uid-\(key)" }
            _ = machine.startEnded(key, .failure(.cancelled), now: now)
        case .commit(let change):
            if fails {
                machine.commitFailed(change, SandboxError(.internal, "the disk is full"))
                pending.insert(.commit(change), at: index)
            } else {
                commit(change)
                machine.committed(change, now: now)
            }
        case .discard(let id, _):
            if case .session(let key) = id {
                if deletions[key] == nil { faults.append("\(key) was deleted without a record of it") }
                if !fails { sandboxes[key] = nil }
            }
            machine.discarded(id, fails ? .failure(Self.failure) : .success(()), now: now)
        case .adopt(let claim, let info):
            let key = SandboxKey(claim.sessionID, claim.generation)
            let result: SessionStateMachine.AdoptionResult =
                fails
                ? .unknown(Self.failure) : sandboxes[key] == nil ? .gone(.deleted, detail: "gone") : .adopted(info)
            _ = machine.adoptionEnded(key, result, now: now)
        case .checkLiveness(let key, _):
            let liveness: Liveness =
                fails ? .unknown("no answer") : sandboxes[key] == nil ? .gone(.deleted, detail: "gone") : .alive
            machine.livenessKnown(key, liveness, now: now)
        case .takeInventory:
            let found = sandboxes.map { key, uid in
                let record = rows[key.sessionID].flatMap { $0.generation == key.generation ? $0 : nil }
                return FoundSandbox(
                    name: "box-\(key)", uid: uid, nonce: record?.nonce ?? deletions[key]?.record.nonce ?? "none",
                    sessionID: key.sessionID, generation: key.generation, isTerminating: false)
            }
            _ = machine.inventoryTaken(fails ? .failure(Self.failure) : .success(found), now: now)
        case .settle(let stamps): machine.settled(stamps, succeeded: !fails, now: now)
        case .handOver, .dropSandbox, .resume: break
        }
        collect()
    }

    // MARK: The store's part

    private mutating func reserve(
        _ draft: ReservationDraft, claiming member: SessionRecord?
    ) -> Result<SessionRecord, SandboxError> {
        let limits = machine.policy.limits
        let living = rows.values.filter { $0.state != .failed }
        let held = draft.sessionID.isReserved ? [] : living.filter { !$0.isPooled }
        do throws(SandboxError) {
            try limits.check(
                held: held.count, heldByOwner: held.count { $0.owner.uid == draft.owner.uid },
                startingNow: member == nil ? living.count { $0.state == .starting } : 0, owner: draft.owner)
        } catch {
            faults.append("the store refused what the machine had allowed: \(error)")
            return .failure(error)
        }
        if let row = rows[draft.sessionID], row.state != .failed { faults.append("\(draft.sessionID) was taken") }
        let generation = generations[draft.sessionID, default: 0] + 1
        generations[draft.sessionID] = generation
        let key = SandboxKey(draft.sessionID, generation)
        if let member {
            if rows.removeValue(forKey: member.sessionID)?.key != member.key {
                faults.append("\(member.key) is not to be had")
            }
            if let uid = sandboxes.removeValue(forKey: member.key) { sandboxes[key] = uid }
            if !claimed.insert(member.sandbox?.uid ?? "").inserted {
                faults.append("\(member.key) is given away twice")
            }
            let record = draft.record(generation: generation, claiming: member)
            rows[draft.sessionID] = record
            note(EventRecord(reserved: record))
            return .success(record)
        }
        let record = draft.record(generation: generation, sandboxName: "box-\(key)", nonce: "nonce-\(key)", token: "t")
        rows[draft.sessionID] = record
        note(EventRecord(reserved: record))
        return .success(record)
    }

    private mutating func commit(_ change: StoreChange) {
        func row(_ key: SandboxKey, _ states: Set<SessionState>) {
            guard let row = rows[key.sessionID], row.generation == key.generation, states.contains(row.state) else {
                faults.append("the row of \(key) is not as \(change) expects")
                return
            }
        }
        switch change {
        case .becomeReady(let record, _):
            row(record.key, [.starting])
            rows[record.sessionID] = record
        case .updateSandbox, .note: break
        case .update(let record):
            guard rows[record.sessionID]?.generation == record.generation else { return }
            rows[record.sessionID]?.takeSettings(of: record)
        case .beginDeletion(let deletion):
            row(deletion.record.key, [.starting, .ready])
            rows[deletion.record.sessionID] = nil
            deletions[deletion.record.key] = deletion
        case .fail(let deletion, let record):
            row(deletion.record.key, [.ready])
            rows[deletion.record.sessionID]?.state = .failed
            deletions[deletion.record.key] = deletion
            history.append(record)
        case .finishDeletion(let key, let record):
            if deletions.removeValue(forKey: key) == nil { faults.append("no deletion of \(key)") }
            if let record { history.append(record) }
        case .forgetFailed(let record):
            row(record.key, [.failed])
            rows[record.sessionID] = nil
        }
        note(EventRecord(change, at: now.wall))
    }

    private mutating func note(_ event: EventRecord?) {
        guard let event else { return }
        eventCount += 1
        let key = SandboxKey(event.sessionID, event.generation)
        let last = lastEvents.updateValue(event.kind, forKey: key)
        if !event.kind.mayFollow(last) {
            faults.append("\(key) was told \(event.kind.rawValue) after \(last?.rawValue ?? "nothing")")
        }
    }
}

extension EventRecord.Kind {
    /// Whether somebody who follows one generation can make sense of it.
    fileprivate func mayFollow(_ last: Self?) -> Bool {
        switch last {
        case nil: [.queued, .starting, .ready].contains(self)
        // Given up, or queued once more after the next generation has come and gone.
        case .queued: [.ended, .failed, .queued].contains(self)
        case .starting: [.ready, .updated, .stopping].contains(self)
        case .updated: [.ready, .updated, .idleWarning, .stopping, .failed].contains(self)
        case .ready, .idleWarning: [.updated, .idleWarning, .stopping, .failed].contains(self)
        case .stopping: self == .ended
        case .failed: [.ended, .queued].contains(self)
        case .ended: self == .queued
        }
    }
}
