/// The warm pool of a profile: sandboxes that are started before anybody asks for them.
package struct PoolPolicy: Hashable, Sendable {
    /// How many are kept ready for a claim.
    package var size: Int
    /// How many of them may be starting at once.
    package var maxStarting: Int
    /// False: they wait for the next daemon.
    package var isReleasedOnShutdown: Bool
    /// Everything that a sandbox of the profile is made of, as one word: a pool of another shape is discarded.
    package var shape: String

    package init(size: Int, maxStarting: Int = 2, isReleasedOnShutdown: Bool = false, shape: String = "") {
        self.size = size
        self.maxStarting = maxStarting
        self.isReleasedOnShutdown = isReleasedOnShutdown
        self.shape = shape
    }
}
