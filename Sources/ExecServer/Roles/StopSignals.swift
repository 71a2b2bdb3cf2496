import CPodkeeper
import Glibc
import ProcessSupervisor

/// Where the signal handler writes to; set before there is a handler, and never again.
// Safe because of that order.
nonisolated(unsafe) private var stopPipe: Int32 = -1

/// Turns SIGTERM and SIGINT into bytes in a pipe.
///
/// Not sigwait(3): Dispatch's threads block no signals, so that one of them may take the signal instead of the thread
/// that waits (signal(7): any thread that does not block it). A handler does its work in whichever thread it runs.
struct StopSignals {
    private let read: OwnedDescriptor

    /// Throws `ServerStartError` where there is no descriptor left. To be made once.
    init() throws(ServerStartError) {
        var ends: [Int32] = [-1, -1]
        let made = pk_pipe(&ends, false)
        guard made >= 0 else { throw ServerStartError("pipe2: \(ProcessError.text(-made))") }
        read = OwnedDescriptor(ends[0])
        stopPipe = ends[1]
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in
            // write(2) is all that a handler may do here (signal-safety(7)); the interrupted code keeps its errno.
            let kept = errno
            StopSignals.raise()
            errno = kept
        }
        action.sa_flags = SA_RESTART
        // Whoever started us may have blocked them (sigprocmask(2): the mask outlives execve).
        _ = pk_signals_unblock_all()
        for number in [SIGTERM, SIGINT] { sigaction(number, &action, nil) }
    }

    /// Ends `wait` as a signal does.
    static func raise() {
        var byte: UInt8 = 0
        _ = write(stopPipe, &byte, 1)
    }

    /// Blocks until the first signal, also one that came before.
    func wait() {
        var byte: UInt8 = 0
        while Glibc.read(read.rawValue, &byte, 1) < 0, errno == EINTR {}
    }
}
