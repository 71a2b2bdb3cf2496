/// How a run ended: an exit code (128 + n and `signal` when killed by one), or `timed_out`, or `output_limited`.
package struct RunResult: Codable, Hashable, Sendable {
    package var runID: String
    /// Empty when the output was streamed; absent where the bytes are not UTF-8.
    package var stdout: String?
    package var stdoutBase64: String?
    package var stderr: String?
    package var stderrBase64: String?
    /// Null when the run timed out or ran into its output limit.
    @ExplicitNull package var exitCode: Int?
    /// `SIGKILL` and the like; null when no signal ended it.
    @ExplicitNull package var signal: String?
    package var timedOut: Bool
    package var outputLimited: Bool
    package var oomKilled: Bool
    /// Seconds.
    package var duration: Double
    /// Only when the output was streamed.
    package var stdoutBytes: Int?
    package var stderrBytes: Int?

    package enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case stdout
        case stdoutBase64 = "stdout_b64"
        case stderr
        case stderrBase64 = "stderr_b64"
        case exitCode = "exit_code"
        case signal
        case timedOut = "timed_out"
        case outputLimited = "output_limited"
        case oomKilled = "oom_killed"
        case duration
        case stdoutBytes = "stdout_bytes"
        case stderrBytes = "stderr_bytes"
    }

    package init(
        runID: String, stdout: String?, stdoutBase64: String?, stderr: String?, stderrBase64: String?, exitCode: Int?,
        signal: String?, timedOut: Bool, outputLimited: Bool, oomKilled: Bool, duration: Double, stdoutBytes: Int?,
        stderrBytes: Int?
    ) {
        self.runID = runID
        self.stdout = stdout
        self.stdoutBase64 = stdoutBase64
        self.stderr = stderr
        self.stderrBase64 = stderrBase64
        self.exitCode = exitCode
        self.signal = signal
        self.timedOut = timedOut
        self.outputLimited = outputLimited
        self.oomKilled = oomKilled
        self.duration = duration
        self.stdoutBytes = stdoutBytes
        self.stderrBytes = stderrBytes
    }
}
