/// A deletion under way.
enum DiscardID: Hashable, Sendable {
    /// Of a session's sandbox: the store knows it.
    case session(SandboxKey)
    /// Of a sandbox, by its uid, that no row speaks of: the next inventory finds it again if need be.
    case orphan(String)
}
