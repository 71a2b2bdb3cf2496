/// What went wrong, to what, and what to do next: the one error that crosses a module's boundary on its way to a user.
///
/// Each kind is one row of the control API's error table; `message` is the sentence that the user reads.
package struct SandboxError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// A value the caller sent breaks a rule; the message names the value and the rule.
        case invalid
        case sessionNotFound
        /// `held` is how many sessions count against the limit now; with scope `queue`, how many wait.
        case sessionLimitExceeded(limit: Int, scope: LimitScope, held: Int)
        /// `elapsed` in seconds; `reason` is the cluster's own word where it has one.
        case startFailed(phase: StartPhase, reason: String, detail: String, elapsed: Double)
        case sandboxGone(GoneReason)
        case permissionDenied
        case deadlineExceeded
        case cancelled
        /// The backend did not answer; says nothing about the sandbox. Worth a retry.
        case backendUnavailable
        case draining
        case file(FileErrorReason)
        case tooLarge(limit: Int)
        /// `retryAfter` in seconds.
        case overloaded(retryAfter: Double)
        case conflict
        /// The command ran or may have run and its end was not seen. Never to be taken for success.
        case outcomeUnknown
        /// A fault of the daemon's own.
        case `internal`
    }

    package enum LimitScope: String, Hashable, Sendable { case daemon, owner, starting, queue }

    /// The stage of a start at which it failed.
    package enum StartPhase: String, Hashable, Sendable { case schedule, pull, create, start, ready }

    package enum FileErrorReason: String, Hashable, Sendable, CaseIterable {
        case notFound = "not_found"
        case isDirectory = "is_directory"
        case notDirectory = "not_directory"
        case permissionDenied = "permission_denied"
        case binary
        case noMatch = "no_match"
        case manyMatches = "many_matches"
        case tooLarge = "too_large"
        case noSpace = "no_space"
        case exists
        case invalid
    }

    package let kind: Kind
    package let message: String
    /// Of a start that failed: seconds spent in each of its stages, as far as it came (`StartPhase`'s names).
    package var timing: [String: Double] = [:]

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }

    package static func invalid(_ message: String) -> Self { Self(.invalid, message) }
    package static func file(_ reason: FileErrorReason, _ message: String) -> Self { Self(.file(reason), message) }
    package static func backendUnavailable(_ message: String) -> Self { Self(.backendUnavailable, message) }
    package static func outcomeUnknown(_ message: String) -> Self { Self(.outcomeUnknown, message) }
    package static let cancelled = Self(.cancelled, "the call was cancelled")

    /// `CancellationError` becomes `cancelled`, a `SandboxError` stays itself, anything else is a fault of ours.
    package init(wrapping error: any Error) {
        switch error {
        case let error as SandboxError: self = error
        case is CancellationError: self = .cancelled
        default: self = Self(.internal, "internal error: \(error)")
        }
    }
}

/// Why a sandbox exists no more, in the backend's own word about this very sandbox.
package enum GoneReason: String, Hashable, Sendable, CaseIterable {
    case deleted, evicted, failed, released
    case oomKilled = "oom_killed"
    case nodeLost = "node_lost"
}
