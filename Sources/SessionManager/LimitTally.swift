import SandboxCore

/// Running counts of the live sessions, so that no limit is ever checked by a scan.
struct LimitTally: Equatable {
    /// What one session adds.
    struct Share: Equatable {
        var ownerUID: UInt32
        var isHeld: Bool
        var isStarting: Bool
        /// Nil while it is not shown yet.
        var state: SessionState?
    }

    private(set) var held = 0
    private(set) var starting = 0
    private(set) var byOwner: [UInt32: Int] = [:]
    private(set) var byState: [SessionState: Int] = [:]

    mutating func add(_ share: Share) { change(share, by: 1) }
    mutating func remove(_ share: Share) { change(share, by: -1) }

    private mutating func change(_ share: Share, by step: Int) {
        if share.isHeld {
            held += step
            let count = byOwner[share.ownerUID, default: 0] + step
            // An owner without sessions leaves nothing behind: uids come and go for as long as the daemon lives.
            byOwner[share.ownerUID] = count == 0 ? nil : count
        }
        if share.isStarting { starting += step }
        if let state = share.state { byState[state, default: 0] += step }
    }
}
