/// One profile's pool, as it is now.
package struct PoolStatus: Hashable, Sendable {
    package var profile: String
    package var target: Int
    package var ready: Int
    package var starting: Int
    /// Since the daemon was started.
    package var claimed: Int
}
