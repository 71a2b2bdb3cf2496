/// How a run ended: exactly one of these.
package enum RunOutcome: Hashable, Sendable {
    /// 0…255. A program that cannot be found is 127, one that cannot be executed 126, as POSIX sh has it.
    case exited(code: Int)
    /// The signal's number (signal(7)); its exit code is 128 + n.
    case signalled(Int32)
    /// The deadline passed; the whole process group was killed.
    case timedOut
    /// The output reached `outputLimit`; the whole process group was killed.
    case outputLimited
    /// The kernel's OOM killer ended it.
    case oomKilled
}

package enum OutputStream: String, Hashable, Sendable { case stdout, stderr }

/// A piece of a run's output; `offset` is the number of bytes of that stream before it.
package struct OutputChunk: Hashable, Sendable {
    package var stream: OutputStream
    package var offset: Int
    package var bytes: [UInt8]

    package init(stream: OutputStream, offset: Int, bytes: [UInt8]) {
        self.stream = stream
        self.offset = offset
        self.bytes = bytes
    }
}

/// The end of a run whose output was handed to a consumer.
package struct RunEnd: Hashable, Sendable {
    package var outcome: RunOutcome
    package var stdoutBytes: Int
    package var stderrBytes: Int
    /// Wall time of the process in the sandbox.
    package var duration: Duration

    package init(outcome: RunOutcome, stdoutBytes: Int, stderrBytes: Int, duration: Duration) {
        self.outcome = outcome
        self.stdoutBytes = stdoutBytes
        self.stderrBytes = stderrBytes
        self.duration = duration
    }
}
