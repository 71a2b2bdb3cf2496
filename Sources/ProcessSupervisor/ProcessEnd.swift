/// How a process ended: exactly one of these.
package enum ProcessOutcome: Hashable, Sendable {
    /// 127: no such program; 126: it cannot be executed (POSIX XCU 2.8.2).
    case exited(Int32)
    case signalled(Int32)
    /// The deadline passed and the group was killed.
    case timedOut
    /// The output went past its limit and the group was killed.
    case outputLimited
    /// Killed by the kernel for lack of memory.
    case oomKilled
}

/// The end of a supervised process.
package struct ProcessEnd: Hashable, Sendable {
    package var outcome: ProcessOutcome
    /// Bytes handed on.
    package var stdoutBytes: Int
    package var stderrBytes: Int
    package var duration: Duration
}

package enum ProcessStream: Hashable, Sendable { case stdout, stderr }
