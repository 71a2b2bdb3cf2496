import SandboxCore

/// A session as the state machine holds it.
struct Session {
    enum Phase: Equatable {
        /// Waits for room; only this daemon knows of it. → `reserving`, nothing, `failed` (a replacement given up)
        /// Indirect: sessions in the other phases are many, and would each be as large.
        indirect case queued(Reservation)
        /// Its row is being committed. → `starting`, `ending` (called off), `failed` or nothing (refused).
        /// Indirect as well.
        indirect case reserving(Reservation)
        /// Its sandbox is being made. → `confirming`, `ending`
        case starting
        /// Its sandbox is ready and that is being committed. → `ready`, `ending` (called off meanwhile)
        case confirming(StopOrder?)
        /// Usable. → `ending`, `failing`
        case ready
        /// Ready by its row, but this daemon has not taken up its sandbox yet. → `ready`, `ending`, `failing`
        case adopting(Adoption)
        /// A pool's, and that it becomes a session's is being committed. → nothing, or `ready` again
        case claimed
        /// Its deletion is being committed. → a `Deletion`
        case ending(startRuns: Bool)
        /// Its death is being committed. → `failed`
        case failing
        /// Dead, and shown as that. → `reserving` (replaced), `forgetting`
        case failed
        /// Its row is being removed. → nothing
        case forgetting
    }

    struct Reservation: Equatable {
        var draft: ReservationDraft
        /// The sandbox of a pool that it is to have.
        var claiming: SessionRecord?
        /// The dead generation that is being replaced.
        var previous: SessionRecord?
        /// Set when it was released meanwhile.
        var stop: StopOrder?
        /// It has been shown as `queued`, and is until it has its row.
        var wasQueued = false
    }

    enum Adoption: Equatable {
        case queued
        case running
        /// The backend gave no answer; asked again at a due time.
        case waiting(SandboxError)
    }

    struct StopOrder: Equatable {
        var reason: EndReason
        var detail: String
    }

    struct Hold: Equatable {
        var purpose: LeasePurpose
        var since: SessionMoment
    }

    var record: SessionRecord { didSet { revision = nil } }
    var phase: Phase { didSet { revision = nil } }
    var mark: ActivityMark
    var leases: [UInt64: Hold] = [:]
    var waiters: [WaiterID] = []
    /// When the heap looks at this session next.
    var reapQueuedAt: SessionInstant?
    /// A change of its settings is being committed; the next one waits.
    var isUpdating = false
    /// Somebody opened it without waiting: it stays in the queue though nobody waits for it.
    var isDetached = false
    var adoptionFailures = 0
    var labelFailures = 0
    /// The backend is being asked whether its sandbox lives.
    var isBeingChecked = false
    /// Something spoke of its sandbox's death at a moment when it could not be looked into.
    var isSuspect = false
    /// Nil until somebody asks for it.
    private var revision: SessionRevision?

    init(record: SessionRecord, phase: Phase, mark: ActivityMark) {
        self.record = record
        self.phase = phase
        self.mark = mark
    }

    /// False while nobody was told of it.
    var isShown: Bool {
        if record.isPooled { return false }
        guard case .reserving(let reservation) = phase else { return true }
        return reservation.previous != nil || reservation.wasQueued
    }

    var share: LimitTally.Share {
        let isHeld: Bool
        var isStarting = false
        var ownerUID = record.owner.uid
        switch phase {
        case .queued(let reservation):
            isHeld = false
            ownerUID = reservation.draft.owner.uid
        case .failed, .forgetting: isHeld = false
        case .reserving(let reservation):
            isHeld = true
            isStarting = reservation.claiming == nil
            ownerUID = reservation.draft.owner.uid
        case .starting, .confirming:
            isHeld = true
            isStarting = true
        // Until the commit is through, the store counts it still.
        case .ending, .failing:
            isHeld = true
            isStarting = record.state == .starting
        case .ready, .adopting, .claimed: isHeld = true
        }
        // What nobody has asked for takes no session's place, but it starts like any other.
        if record.isPooled {
            return LimitTally.Share(ownerUID: ownerUID, isHeld: false, isStarting: isStarting, state: nil)
        }
        return LimitTally.Share(
            ownerUID: ownerUID, isHeld: isHeld, isStarting: isStarting, state: isShown ? record.state : nil)
    }

    /// When and why its time is up; nil while it is in use, not ready, or without any timeout.
    var reapDue: (at: SessionInstant, reason: EndReason)? {
        guard case .ready = phase, leases.isEmpty else { return nil }
        let idle = record.idleTimeout.map { record.lastActivity.instant.advanced(by: $0) }
        let start = record.ready ?? record.created
        let lifetime = record.maxLifetime.map { start.instant.advanced(by: $0) }
        switch (idle, lifetime) {
        case (nil, nil): return nil
        case (let idle?, nil): return (idle, .idle)
        case (nil, let lifetime?): return (lifetime, .lifetime)
        case (let idle?, let lifetime?): return lifetime <= idle ? (lifetime, .lifetime) : (idle, .idle)
        }
    }

    mutating func noteActivity(_ operation: String, _ now: SessionMoment) {
        let same = revision.take()
        record.lastActivity = now
        record.lastOperation = operation
        revision = same
    }

    /// Of what the session shows at this moment.
    mutating func currentRevision() -> SessionRevision {
        if let revision { return revision }
        let new = SessionRevision()
        revision = new
        return new
    }

    func activity(_ now: SessionMoment) -> SessionActivity {
        SessionActivity(record, leases: leases.count, reapDue: reapDue?.at, now)
    }
}
