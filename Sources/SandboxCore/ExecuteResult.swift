/// The result of `execute`: one merged output, as the specification's `ExecuteResponse`.
package struct ExecuteResult: Hashable, Sendable {
    /// The most bytes of output that `execute` returns.
    package static let maximumOutputBytes = 100_000
    /// Seconds that a command may run when the caller names no timeout.
    package static let defaultTimeout = Duration.seconds(1800)
    /// What `timeout(1)` of GNU coreutils exits with; ours for every command that ran into its deadline.
    package static let timedOutExitCode = 124

    /// stdout and stderr as they came, decoded as UTF-8 with U+FFFD for every byte that is not.
    package var output: String
    package var exitCode: Int
    package var truncated: Bool
    package var timedOut: Bool

    package init(output: String, exitCode: Int, truncated: Bool = false, timedOut: Bool = false) {
        self.output = output
        self.exitCode = exitCode
        self.truncated = truncated
        self.timedOut = timedOut
    }

    /// The specification's form of a runtime failure: `Error: …`, exit code 1.
    package static func failure(_ message: String) -> Self { Self(output: "Error: \(message)", exitCode: 1) }
}
