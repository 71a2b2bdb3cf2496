package import SandboxCore

/// Why a session ended, as `session.history` reports it.
package enum EndReason: String, Hashable, Sendable, CaseIterable {
    case idle, lifetime, released, deleted, evicted, failed
    case evictedForRoom = "evicted_for_room"
    case startFailed = "start_failed"
    case oomKilled = "oom_killed"
    case nodeLost = "node_lost"

    package init(_ reason: GoneReason) {
        switch reason {
        case .deleted: self = .deleted
        case .evicted: self = .evicted
        case .failed: self = .failed
        case .released: self = .released
        case .oomKilled: self = .oomKilled
        case .nodeLost: self = .nodeLost
        }
    }
}
