import SandboxCore

/// One parked caller.
struct WaiterID: Hashable, Sendable {
    var number: UInt64
}

struct Waiter: Equatable {
    enum Kind: Equatable {
        /// Waits for the session to be ready, or only reserved. `created`: it was this caller that made it.
        case open(created: Bool, replaced: OpenedSession.Replacement?, untilReserved: Bool)
        case lease(LeasePurpose)
        /// Waits for the end; `untilGone`: until its sandbox is gone (or could not be deleted at the first try).
        case stop(untilGone: Bool)
        /// Waits for a change of the session's settings: its own, or the one before it.
        case update(isOwn: Bool)
        /// Waits for a commit that is under way and then looks again.
        case recheck
    }

    enum Place: Equatable {
        case session(SessionID)
        case deletion(SandboxKey)
    }

    var kind: Kind
    var place: Place
}

/// What a parked caller is told.
enum WaiterOutcome: Equatable, Sendable {
    case opened(OpenedSession)
    case leased(Lease)
    case stopped
    case updated
    /// Things have changed: ask again.
    case again
    case failed(SandboxError)
}
