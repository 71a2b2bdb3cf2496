/// What `state` of a session object says.
package enum SessionState: String, Hashable, Sendable, CaseIterable {
    /// Waits for room under a limit; nothing is made for it, and nothing is on record. Goes to `starting`.
    case queued
    /// Reserved, its sandbox is being made. Goes to `ready`, or to `stopping` when the start fails or is called off.
    case starting
    /// Usable. Goes to `stopping` (released, reaped) or `failed` (its sandbox died).
    case ready
    /// Its sandbox is being deleted; the id is free for a next generation. Ends in the history.
    case stopping
    /// Its sandbox died and the history says how. Ends when it is replaced, released, or an hour old.
    case failed
}
