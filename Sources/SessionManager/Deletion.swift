import SandboxCore

/// A session's sandbox on its way out, as the state machine holds it.
struct Deletion {
    enum Phase: Equatable {
        /// Its start was called off and has not returned yet: deleting now could miss what it still makes. → `queued`
        case awaitingStart
        /// → `running`
        case queued
        /// The backend is deleting. → `finishing`, `waiting`
        case running
        /// The backend could not delete it; tried again at a due time, for ever. → `queued`
        case waiting
        /// Confirmed gone, and that is being committed. → nothing
        case finishing
    }

    var pending: PendingDeletion
    var phase: Phase
    var failures = 0
    var waiters: [WaiterID] = []
}
