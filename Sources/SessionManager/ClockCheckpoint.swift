/// The session clock and the host's monotonic clock, read together and kept in the store.
package struct ClockCheckpoint: Hashable, Sendable {
    package var instant: SessionInstant
    package var bootID: String
    package var monotonic: Duration

    package init(instant: SessionInstant, bootID: String, monotonic: Duration) {
        self.instant = instant
        self.bootID = bootID
        self.monotonic = monotonic
    }
}
