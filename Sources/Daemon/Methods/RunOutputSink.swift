package import SandboxCore

/// Where a run's output goes on its way to the caller.
package protocol RunOutputSink: Sendable {
    /// Awaited for each piece: while it waits, the process's output waits.
    func add(_ chunk: OutputChunk) async throws(SandboxError)
    /// What the response says of the output.
    func finish() async throws(SandboxError) -> RunOutputSummary
}

/// The output members of a run's response.
package struct RunOutputSummary: Sendable {
    package var stdout: (text: String?, base64: String?)
    package var stderr: (text: String?, base64: String?)
    package var isStreamed: Bool

    package init(stdout: (text: String?, base64: String?), stderr: (text: String?, base64: String?), isStreamed: Bool) {
        self.stdout = stdout
        self.stderr = stderr
        self.isStreamed = isStreamed
    }
}
