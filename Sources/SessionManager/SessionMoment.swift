/// One moment on both clocks: the instant to compute with, the wall time to show.
package struct SessionMoment: Hashable, Sendable {
    package var instant: SessionInstant
    package var wall: Timestamp

    package init(instant: SessionInstant, wall: Timestamp) {
        self.instant = instant
        self.wall = wall
    }
}
