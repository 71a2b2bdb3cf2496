import KubernetesClient
import SandboxCore
import Synchronization

/// One run of a `PodShell` while its output comes in.
final class PodShellRun: Sendable {
    private struct State {
        var frame: ShellFrame
        var failure: SandboxError?
    }

    /// Random, so that no command's output holds it by chance.
    let marker: String
    private let state: Mutex<State>

    init() {
        let words = (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }
        marker = "podkeeper:\(words.joined()):"
        state = Mutex(State(frame: ShellFrame(marker: marker)))
    }

    var result: ShellFrame.End? { state.withLock { $0.frame.result } }
    var shellID: Int32? { state.withLock { $0.frame.shellID } }
    var failure: SandboxError? { state.withLock { $0.failure } }

    /// Throws once the command has ended, or the consumer does not want any more: there is nothing to wait for then,
    /// even if a child of the command keeps the streams open.
    func take(
        _ piece: ExecOutput, _ onOutput: @Sendable (OutputStream, [UInt8]) async throws(SandboxError) -> Void
    ) async throws(KubernetesError) {
        let (stream, bytes): (OutputStream, [UInt8]) =
            switch piece {
            case .stdout(let bytes): (.stdout, bytes)
            case .stderr(let bytes): (.stderr, bytes)
            }
        let output = state.withLock { $0.frame.feed(stream, bytes) }
        if !output.isEmpty {
            do throws(SandboxError) {
                try await onOutput(stream, output)
            } catch {
                state.withLock { $0.failure = error }
                throw KubernetesError(.cancelled, "the output is not wanted any more")
            }
        }
        if result != nil { throw KubernetesError(.cancelled, "the command has ended") }
    }
}
