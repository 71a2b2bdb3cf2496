/// Turns the host's monotonic clock into the session clock, which goes on where the last daemon's left off.
///
/// On the same boot it counts the time that no daemon ran, to the millisecond. After a reboot (or on another host)
/// that time cannot be known without trusting the wall clock, so it counts as none: nothing is ever reaped early.
package struct SessionTimeline: Sendable {
    private let origin: SessionInstant
    private let originMonotonic: Duration
    private let clock: any SessionClock

    /// `latest` is the newest instant on record: the session clock never starts before it.
    package init(clock: any SessionClock, checkpoint: ClockCheckpoint?, latest: SessionInstant) {
        let monotonic = clock.monotonic
        var origin = SessionInstant.zero
        if let checkpoint {
            let isSameBoot = checkpoint.bootID == clock.bootID
            let elapsed = isSameBoot ? max(.zero, monotonic - checkpoint.monotonic) : .zero
            origin = checkpoint.instant.advanced(by: elapsed)
        }
        self.origin = max(origin, latest)
        originMonotonic = monotonic
        self.clock = clock
    }

    package var now: SessionMoment {
        SessionMoment(instant: origin.advanced(by: clock.monotonic - originMonotonic), wall: clock.wall)
    }

    /// What the next daemon needs to go on from here.
    package var checkpoint: ClockCheckpoint {
        let monotonic = clock.monotonic
        let instant = origin.advanced(by: monotonic - originMonotonic)
        return ClockCheckpoint(instant: instant, bootID: clock.bootID, monotonic: monotonic)
    }

    package func sleep(until instant: SessionInstant) async throws(CancellationError) {
        try await clock.sleep(until: originMonotonic + origin.duration(to: instant))
    }
}
