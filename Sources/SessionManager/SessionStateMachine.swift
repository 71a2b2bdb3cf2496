import SandboxCore

/// The rules of a session's life: events in, actions out. It reads no clock and does no I/O.
///
/// Every step is committed to the store before its consequences happen: a row before the first call to the backend, a
/// deletion before the sandbox is touched, a confirmed end before it is told. So memory is never ahead of the store,
/// and a limit that is free here is free there.
struct SessionStateMachine {
    /// For what is opened from now on.
    var policy: SessionPolicy
    let profiles: [String: SessionProfile]

    /// At most one per id: the current generation, alive or known dead.
    private(set) var sessions = SessionTable()
    /// Whose a sandbox is that the backend speaks of. A name is of one generation of one id.
    private(set) var idsByName: [String: SessionID] = [:]
    private(set) var tally = LimitTally()
    private(set) var order = SessionOrder()
    /// Those of `sessions` that wait for room.
    var queue = AdmissionQueue()
    var deletions: [SandboxKey: Deletion] = [:]
    /// The generation that is shown as `stopping` while the id has no session.
    var newestDeletion: [SessionID: Int] = [:]
    /// Sandboxes of ours that no row speaks of, by uid, with the failures to delete them.
    var orphans: [String: (found: FoundSandbox, failures: Int)] = [:]
    var quarantine = Quarantine()

    var waiters: [WaiterID: Waiter] = [:]
    var dues = DueTimes()
    var adoptions = WorkLane<SandboxKey>(width: SessionTiming.laneWidth)
    var discards = WorkLane<DiscardID>(width: SessionTiming.laneWidth)
    var inventory = InventoryState()
    var pools: [Pool]
    /// Sessions whose mark in the store is to be replaced by the exact last activity.
    var unsettled: Set<SessionID> = []
    var isSettleQueued = false
    var leaseCount = 0
    var endedCount: [EndReason: Int] = [:]
    /// The daemon is stopping: nothing new is opened.
    private(set) var isEnding = false

    /// An operator wants no new sessions; those that there are go on.
    var isDraining = false

    private var actions: [SessionAction] = []
    private var nextNumber: UInt64 = 0

    init(policy: SessionPolicy, profiles: [String: SessionProfile]) {
        self.policy = policy
        self.profiles = profiles
        pools = profiles.values.sorted { $0.name < $1.name }.compactMap { profile in
            profile.pool.map { Pool(profile: profile.name, policy: $0) }
        }
    }

    // MARK: Output

    /// When to call `tick` next.
    var nextDue: SessionInstant? { dues.next }

    /// What is to be done because of the events since the last call, in this order.
    mutating func takeActions() -> [SessionAction] {
        defer { actions.removeAll() }
        return actions
    }

    mutating func emit(_ action: SessionAction) { actions.append(action) }

    mutating func makeNumber() -> UInt64 {
        nextNumber += 1
        return nextNumber
    }

    // MARK: The table of sessions

    mutating func insert(_ session: Session) {
        let sessionID = session.record.sessionID
        remove(sessionID)
        sessions[sessionID] = session
        tally.add(session.share)
        note(name: session.record.sandboxName, of: sessionID)
        reindex(sessionID)
    }

    /// For as many sessions as are about to be inserted.
    mutating func reserveCapacity(_ count: Int) {
        sessions.reserveCapacity(count)
        idsByName.reserveCapacity(count)
        order.reserveCapacity(count)
    }

    @discardableResult
    mutating func remove(_ sessionID: SessionID) -> Session? {
        guard let session = sessions.removeValue(forKey: sessionID) else { return nil }
        tally.remove(session.share)
        unsettled.remove(sessionID)
        let name = session.record.sandboxName
        if idsByName[name] == sessionID { idsByName[name] = nil }
        reindex(sessionID)
        return session
    }

    /// A session that is being reserved has no name yet.
    private mutating func note(name: String, of sessionID: SessionID) {
        guard !name.isEmpty else { return }
        idsByName[name] = sessionID
    }

    /// Changes anything that the limits or the listing depend on: phase, state, owner, creation time.
    mutating func transition(_ sessionID: SessionID, _ change: (inout Session) -> Void) {
        guard let before = sessions[sessionID]?.share else { return }
        tally.remove(before)
        let name = sessions[sessionID]?.record.sandboxName
        sessions.inPlace(sessionID, change)
        if let after = sessions[sessionID] {
            tally.add(after.share)
            if after.record.sandboxName != name {
                if let name { idsByName[name] = nil }
                note(name: after.record.sandboxName, of: sessionID)
            }
        }
        reindex(sessionID)
    }

    /// Changes what neither limits nor listing depend on.
    mutating func update(_ sessionID: SessionID, _ change: (inout Session) -> Void) {
        sessions.inPlace(sessionID, change)
    }

    /// Looks at a session or changes it as `update`, where it lies: a copy costs more than the rest of a request that is
    /// answered from memory. Nil where there is none.
    mutating func inPlace<Answer>(
        _ sessionID: SessionID, _ body: (inout Session) throws(SandboxError) -> Answer?
    ) throws(SandboxError) -> Answer? {
        try sessions.inPlace(sessionID, body) ?? nil
    }

    /// The session of this very generation.
    func session(_ key: SandboxKey) -> Session? {
        guard let session = sessions[key.sessionID], session.record.generation == key.generation else { return nil }
        return session
    }

    /// What `get` and `list` show for an id.
    func shownRecord(_ sessionID: SessionID) -> SessionRecord? {
        if let session = sessions[sessionID], session.isShown { return session.record }
        guard let generation = newestDeletion[sessionID] else { return nil }
        return deletions[SandboxKey(sessionID, generation)]?.pending.record
    }

    mutating func reindex(_ sessionID: SessionID) {
        order.set(sessionID, createdAt: shownRecord(sessionID)?.created.wall)
    }

    // MARK: Waiters

    mutating func park(_ kind: Waiter.Kind, at place: Waiter.Place, deadline: SessionInstant? = nil) -> WaiterID {
        let id = WaiterID(number: makeNumber())
        waiters[id] = Waiter(kind: kind, place: place)
        switch place {
        case .session(let sessionID): update(sessionID) { $0.waiters.append(id) }
        case .deletion(let key): deletions[key]?.waiters.append(id)
        }
        if let deadline { dues.add(.waiter(id), at: deadline) }
        return id
    }

    /// The caller went away. False when it was answered already.
    mutating func cancelWaiter(_ id: WaiterID, with error: SandboxError, now: SessionMoment) -> Bool {
        guard let waiter = waiters[id] else { return false }
        switch waiter.place {
        case .session(let sessionID): update(sessionID) { $0.waiters.removeAll { $0 == id } }
        case .deletion(let key): deletions[key]?.waiters.removeAll { $0 == id }
        }
        answer(id, .failed(error))
        if case .session(let sessionID) = waiter.place { leaveQueueIfAbandoned(sessionID, now: now) }
        return true
    }

    mutating func answer(_ id: WaiterID, _ outcome: WaiterOutcome) {
        guard waiters.removeValue(forKey: id) != nil else { return }
        let live = waiters
        dues.noteStaleWaiter { live[$0] != nil }
        emit(.resume(id, outcome))
    }

    /// Answers those waiting at a session for whom `outcome` has an answer; the others wait on.
    mutating func answerWaiters(of sessionID: SessionID, _ outcome: (Waiter.Kind) -> WaiterOutcome?) {
        let parked = sessions[sessionID]?.waiters ?? []
        guard !parked.isEmpty else { return }
        var staying: [WaiterID] = []
        for id in parked {
            guard let waiter = waiters[id] else { continue }
            if let outcome = outcome(waiter.kind) { answer(id, outcome) } else { staying.append(id) }
        }
        update(sessionID) { $0.waiters = staying }
    }

    mutating func answerWaiters(ofDeletion key: SandboxKey, _ outcome: WaiterOutcome) {
        let parked = deletions[key]?.waiters ?? []
        deletions[key]?.waiters = []
        for id in parked { answer(id, outcome) }
    }

    // MARK: The end of the daemon

    static let draining = SandboxError(.draining, "podkeeperd is stopping; its sessions are for the next one")

    static let drained = SandboxError(
        .draining, "podkeeperd takes no new sessions until an operator lets it (daemon.drain)")

    /// Nothing new is opened from now on.
    mutating func beginEnding() { isEnding = true }

    /// Nobody will report results any more: whoever waits is told so.
    mutating func abandonWaiters(now: SessionMoment) {
        for id in waiters.keys.sorted(by: { $0.number < $1.number }) {
            _ = cancelWaiter(id, with: Self.draining, now: now)
        }
    }
}
