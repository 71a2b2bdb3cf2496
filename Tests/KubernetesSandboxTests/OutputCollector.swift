import SandboxCore
import Synchronization

/// What a run hands over, put together by stream; a gap shows in `hasGap`.
final class OutputCollector: Sendable {
    private struct State {
        var bytes: [SandboxCore.OutputStream: [UInt8]] = [:]
        var hasGap = false
    }

    private let state = Mutex(State())

    func take(_ chunk: OutputChunk) {
        state.withLock { state in
            if chunk.offset != state.bytes[chunk.stream, default: []].count { state.hasGap = true }
            state.bytes[chunk.stream, default: []] += chunk.bytes
        }
    }

    var stdout: [UInt8] { state.withLock { $0.bytes[.stdout] ?? [] } }
    var stderr: [UInt8] { state.withLock { $0.bytes[.stderr] ?? [] } }
    var hasGap: Bool { state.withLock { $0.hasGap } }
}
