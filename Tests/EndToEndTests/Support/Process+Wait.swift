import Dispatch
import Foundation

extension Process {
    /// Waits for its end on a thread that may be blocked: the tests share as few threads as the machine has cores, and
    /// one that sits in `waitUntilExit` stops tests that have nothing to do with it.
    func ended() async {
        let process = UncheckedBox(value: self)
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                process.value.waitUntilExit()
                continuation.resume()
            }
        }
    }
}

/// `Process` allows calls from any thread, but does not say so in its type.
private struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value
}
