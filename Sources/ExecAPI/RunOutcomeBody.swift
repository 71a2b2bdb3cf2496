/// How a run ended: the payload of the one `outcome` frame, as JSON.
///
/// A run that was stopped on request is `exited` or `signalled`, as its process took it.
package struct RunOutcomeBody: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable {
        /// `code` is set.
        case exited
        /// `signal` is set.
        case signalled
        case timedOut = "timed_out"
        case outputLimited = "output_limited"
        case oomKilled = "oom_killed"
    }

    package var kind: Kind
    /// 0…255, with `exited`.
    package var code: Int?
    /// The signal's number (signal(7)), with `signalled`.
    package var signal: Int32?
    /// Bytes of the stream that were sent in frames.
    package var stdoutBytes: Int
    package var stderrBytes: Int
    /// Seconds of wall time that the process lived.
    package var duration: Double

    private enum CodingKeys: String, CodingKey {
        case kind, code, signal, duration
        case stdoutBytes = "stdout_bytes"
        case stderrBytes = "stderr_bytes"
    }

    package init(
        kind: Kind, code: Int? = nil, signal: Int32? = nil, stdoutBytes: Int, stderrBytes: Int, duration: Double
    ) {
        self.kind = kind
        self.code = code
        self.signal = signal
        self.stdoutBytes = stdoutBytes
        self.stderrBytes = stderrBytes
        self.duration = duration
    }
}
