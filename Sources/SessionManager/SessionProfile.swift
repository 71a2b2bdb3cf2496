/// A profile as far as sessions are concerned: what it sets in place of the policy's values. Nil: the policy's.
package struct SessionProfile: Hashable, Sendable {
    /// The profile of a session whose request names none.
    package static let defaultName = "default"

    package var name: String
    package var idleTimeout: Duration?
    package var maxLifetime: Duration?
    package var startupTimeout: Duration?
    /// Nil: every sandbox is started when it is asked for.
    package var pool: PoolPolicy?

    package init(
        name: String, idleTimeout: Duration? = nil, maxLifetime: Duration? = nil, startupTimeout: Duration? = nil,
        pool: PoolPolicy? = nil
    ) {
        self.name = name
        self.idleTimeout = idleTimeout
        self.maxLifetime = maxLifetime
        self.startupTimeout = startupTimeout
        self.pool = pool
    }
}
