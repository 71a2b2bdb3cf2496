/// A reading of the session clock: milliseconds that this store's daemons have seen pass.
///
/// The session clock never jumps and never runs backwards, across restarts too (see `SessionTimeline`). Idle times,
/// lifetimes and deadlines are differences of these; `Timestamp` is only for display.
package struct SessionInstant: Hashable, Comparable, Sendable {
    package static let zero = Self(milliseconds: 0)

    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// Saturates: an instant that is too far away never comes.
    package func advanced(by duration: Duration) -> Self {
        Self(milliseconds: milliseconds.addingSaturating(duration.wholeMilliseconds))
    }

    /// Negative when `other` is earlier.
    package func duration(to other: Self) -> Duration {
        .milliseconds(other.milliseconds.subtractingSaturating(milliseconds))
    }
}
