package import SandboxCore
import Synchronization

/// Keeps a run's output for its one response. Bounded by the run's own output limit, which the sandbox enforces; what
/// would exceed it here as well is dropped.
package final class RunCollector: RunOutputSink {
    private struct State {
        var stdout: [UInt8] = []
        var stderr: [UInt8] = []
    }

    private let state = Mutex(State())
    private let limit: Int

    package init(limit: Int) { self.limit = limit }

    package func add(_ chunk: OutputChunk) async throws(SandboxError) {
        state.withLock { state in
            let room = max(0, limit - state.stdout.count - state.stderr.count)
            switch chunk.stream {
            case .stdout: state.stdout += chunk.bytes.prefix(room)
            case .stderr: state.stderr += chunk.bytes.prefix(room)
            }
        }
    }

    package func finish() async throws(SandboxError) -> RunOutputSummary {
        let (stdout, stderr) = state.withLock { ($0.stdout, $0.stderr) }
        return RunOutputSummary(
            stdout: RunOutputText.split(stdout), stderr: RunOutputText.split(stderr), isStreamed: false)
    }
}
