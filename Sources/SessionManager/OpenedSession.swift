package import SandboxCore

/// The answer to an `OpenRequest`.
package struct OpenedSession: Hashable, Sendable {
    /// The dead sandbox that this session had before.
    package struct Replacement: Hashable, Sendable {
        package var generation: Int
        package var reason: GoneReason
    }

    package var session: SessionSnapshot
    /// True for the one caller whose request made this generation.
    package var created: Bool
    /// Set for that same caller, when the generation before died.
    package var replaced: Replacement?
}
