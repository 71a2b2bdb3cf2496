/// The right to use a session's sandbox; while it is held the session is not reaped.
struct Lease: Equatable, Sendable {
    var number: UInt64
    var key: SandboxKey
    /// The mark to commit before the operation is answered; nil when the store has one already.
    var mark: Int64?
}
