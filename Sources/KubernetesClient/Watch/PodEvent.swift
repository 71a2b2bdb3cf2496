/// What a `PodWatcher` reports by itself.
package enum PodEvent: Hashable, Sendable {
    /// New, or changed.
    case modified(Pod)
    /// Gone for good, by its UID; the last state that was seen.
    case deleted(Pod)
    /// Events may have been missed: compare with `PodWatcher.pods`.
    case resync
}

/// A pod of a certain UID, as `PodWatcher.wait` shows it.
package enum PodObservation: Hashable, Sendable {
    case present(Pod)
    /// No pod of that UID exists any more; its last state, if one was seen.
    case gone(Pod?)
}
