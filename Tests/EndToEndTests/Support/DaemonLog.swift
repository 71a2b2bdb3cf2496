import Foundation
import Synchronization

/// What a program prints, as it comes, and whoever waits for something in it.
final class DaemonLog: Sendable {
    private struct State {
        var text = ""
        var ended = false
        var waiters: [(needle: String, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    private let state = Mutex(State())

    var text: String { state.withLock { $0.text } }

    /// Reads the pipe on a thread of its own, which ends when nobody writes to it any more.
    func follow(_ pipe: Pipe) {
        Thread {
            var data: Data
            repeat {
                data = pipe.fileHandleForReading.availableData
                self.add(data)
            } while !data.isEmpty
        }.start()
    }

    /// Empty data is the end.
    private func add(_ data: Data) {
        let resumed = state.withLock { state in
            state.text += String(decoding: data, as: UTF8.self)
            state.ended = state.ended || data.isEmpty
            let done = state.waiters.filter { state.ended || state.text.contains($0.needle) }
            state.waiters.removeAll { state.ended || state.text.contains($0.needle) }
            return done.map { ($0.continuation, state.text.contains($0.needle)) }
        }
        for (continuation, found) in resumed { continuation.resume(returning: found) }
    }

    /// False when the log ends without it.
    func waitFor(_ needle: String) async -> Bool {
        await withCheckedContinuation { continuation in
            let now: Bool? = state.withLock { state in
                if state.text.contains(needle) { return true }
                if state.ended { return false }
                state.waiters.append((needle, continuation))
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
    }
}
