import SandboxCore

/// A profile's warm pool, as the state machine holds it. Every place in it is a session id that no caller can name, so
/// that an unclaimed sandbox is reserved, started, adopted and deleted by the same rules as a session's.
struct Pool: Equatable {
    let profile: String
    let policy: PoolPolicy
    let slots: [SessionID]
    /// Starts that failed, or sandboxes that died, since the last that went well.
    var failures = 0
    /// Nothing is started before this.
    var pausedUntil: SessionInstant?
    var claimed = 0

    init(profile: String, policy: PoolPolicy) {
        self.profile = profile
        self.policy = policy
        slots = (0..<policy.size).map { SessionID(reserved: "pool \(profile) \(policy.shape) \($0)") }
    }
}
