import SandboxCore

/// What the state machine wants done. The shell does it outside its lock and reports the result as an event.
enum SessionAction: Equatable {
    /// Reported by `reserved`. `claiming`: with this sandbox of a pool, by one commit.
    case reserve(ReservationDraft, claiming: SessionRecord?)
    /// Reported by `startEnded`, within `limit` or cancelled.
    case start(SandboxClaim, limit: Duration)
    case cancelStart(SandboxKey)
    /// Tried until it succeeds. Reported by `commitFailed` at every failure, and by `committed`.
    case commit(StoreChange)
    /// Reported by `discarded`.
    case discard(DiscardID, DiscardTarget)
    /// Reported by `adoptionEnded`.
    case adopt(SandboxClaim, SandboxInfo)
    /// Reported by `livenessKnown`.
    case checkLiveness(SandboxKey, SandboxInfo)
    /// Reported by `inventoryTaken`.
    case takeInventory
    /// Reported by `settled`.
    case settle([ActivityStamp])
    /// The sandbox's handle is another's from now on, who adds these variables to everything run in it.
    case handOver(from: SandboxKey, to: SandboxKey, environment: [String: String])
    /// The backend is told whose a claimed sandbox is. Reported by `relabelled`.
    case relabel(SandboxClaim, SandboxInfo)
    /// The sandbox's handle is of no more use.
    case dropSandbox(SandboxKey)
    case resume(WaiterID, WaiterOutcome)

    /// Whose row it writes. Writes of one session are done one after the other, in this order, so that its events are
    /// on record in the order in which they came about.
    var writtenSession: SessionID? {
        switch self {
        case .reserve(let draft, _): draft.sessionID
        case .commit(let change): change.sessionID
        default: nil
        }
    }
}
