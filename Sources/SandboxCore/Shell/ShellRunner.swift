/// Runs shell scripts in a sandbox where nothing else can be done: `api` mode, and exec servers that only have `/exec`.
package protocol ShellRunner: Sendable {
    /// Bytes of stdout that one script may produce before the answer is cut.
    var maximumOutputBytes: Int { get }
    /// Bytes of the longest script that can be sent.
    var maximumCommandBytes: Int { get }
    /// Whether `input` reaches the script's stdin. Its end need not: scripts read as many bytes as they were promised.
    var supportsInput: Bool { get }

    /// Runs `sh -c script`. A script that ends, however it ends, is a result. Throws what `SandboxCore.Sandbox` may
    /// throw: `deadlineExceeded` after `timeout`, `cancelled`, `backendUnavailable` when it did not start,
    /// `outcomeUnknown` when its end was not seen, `sandboxGone`.
    func runShell(_ script: String, input: [UInt8]?, timeout: Duration) async throws(SandboxError) -> ShellResult

    /// As `runShell`, with stdout handed over as it comes, whatever its length, and the exit code as the result. While
    /// `onOutput` waits, the script's output waits.
    func streamShell(
        _ script: String, timeout: Duration, onOutput: @Sendable ([UInt8]) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> Int
}

/// What a script left behind.
package struct ShellResult: Hashable, Sendable {
    /// May have stderr in it, where a server does not keep them apart.
    package var stdout: [UInt8]
    package var stderr: [UInt8]
    package var exitCode: Int
    /// Not all of the output is here.
    package var truncated: Bool

    package init(stdout: [UInt8], stderr: [UInt8] = [], exitCode: Int, truncated: Bool = false) {
        self.stdout = stdout
        self.stderr = stderr
        self.exitCode = exitCode
        self.truncated = truncated
    }
}
