package import SandboxCore

/// How one start of a sandbox ended.
package struct StartOutcome: Sendable {
    package var profile: String
    /// From the call to the backend to its answer.
    package var took: Duration
    /// The backend's own `timing` comes with a success.
    package var result: Result<SandboxInfo, SandboxError>
}
