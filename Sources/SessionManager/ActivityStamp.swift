/// The last activity of a session that has been quiet for a while, to be written down exactly.
package struct ActivityStamp: Hashable, Sendable {
    package var key: SandboxKey
    /// Written only where the row still carries this mark: activity since then has set a newer one.
    package var mark: Int64
    package var lastActivity: SessionMoment
    package var lastOperation: String

    package init(key: SandboxKey, mark: Int64, lastActivity: SessionMoment, lastOperation: String) {
        self.key = key
        self.mark = mark
        self.lastActivity = lastActivity
        self.lastOperation = lastOperation
    }
}
