import CPodkeeper
import Foundation

extension Process {
    /// As `ended()`; a test that is cancelled, for its time is over, ends it by force.
    func endedOrCancelled() async {
        let pid = processIdentifier
        await withTaskCancellationHandler {
            await ended()
        } onCancel: {
            kill(pid, SIGKILL)
        }
    }

    /// Waits for its end on a thread of its own: the tests share as few threads as the machine has cores, and one that
    /// is blocked stops tests that have nothing to do with it.
    ///
    /// Not by `waitUntilExit` alone, which waits only on the thread that ran the process and spins on every other.
    func ended() async {
        let process = UncheckedBox(value: self)
        await withCheckedContinuation { continuation in
            Thread {
                // Without a descriptor there is no such process any more, but for Foundation's note of it.
                let descriptor = pk_pidfd_open(process.value.processIdentifier)
                if descriptor >= 0 {
                    var ends = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                    while poll(&ends, 1, -1) < 0 {}
                    close(descriptor)
                }
                process.value.waitUntilExit()
                continuation.resume()
            }.start()
        }
    }
}

/// `Process` allows calls from any thread, but does not say so in its type.
private struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value
}
