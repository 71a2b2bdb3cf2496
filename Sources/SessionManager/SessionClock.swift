/// The port to time, so that tests can hold it still.
package protocol SessionClock: Sendable {
    /// Counts on while this host is awake and never jumps; its zero is the host's boot.
    var monotonic: Duration { get }

    /// Names the boot that `monotonic` counts from. Readings of two different boots cannot be compared.
    var bootID: String { get }

    /// The host's wall clock.
    var wall: Timestamp { get }

    /// Returns when `monotonic` has reached the deadline; throws only when the task is cancelled.
    func sleep(until deadline: Duration) async throws(CancellationError)
}
