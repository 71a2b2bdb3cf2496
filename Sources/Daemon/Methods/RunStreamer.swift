import ControlAPI
package import ControlServer
import JSONRPC
package import SandboxCore
import Synchronization

/// Sends a run's output as notifications while it runs, no character of UTF-8 split between two of them.
package final class RunStreamer: RunOutputSink {
    private struct State {
        var stdout: StreamPosition
        var stderr: StreamPosition
    }

    /// Where one stream is: what it has sent, and the beginning of a character that waits for its rest.
    private struct StreamPosition {
        var tail = UTF8Tail()
        var sent: Int

        init(sent: Int) { self.sent = sent }

        mutating func next(_ bytes: [UInt8]) -> (offset: Int, bytes: [UInt8]) {
            defer { sent += bytes.count }
            return (sent, bytes)
        }
    }

    private let state: Mutex<State>
    private let call: ControlCall
    private let runID: String

    /// `offsets`: where the output that is to come begins.
    package init(call: ControlCall, runID: String, from offsets: OutputOffsets = OutputOffsets()) {
        state = Mutex(
            State(stdout: StreamPosition(sent: offsets.stdout), stderr: StreamPosition(sent: offsets.stderr)))
        self.call = call
        self.runID = runID
    }

    package func add(_ chunk: OutputChunk) async throws(SandboxError) {
        let piece = state.withLock { state in
            switch chunk.stream {
            case .stdout: state.stdout.next(state.stdout.tail.add(chunk.bytes))
            case .stderr: state.stderr.next(state.stderr.tail.add(chunk.bytes))
            }
        }
        try await send(chunk.stream, piece)
    }

    package func finish() async throws(SandboxError) -> RunOutputSummary {
        let (stdout, stderr) = state.withLock { state in
            (state.stdout.next(state.stdout.tail.finish()), state.stderr.next(state.stderr.tail.finish()))
        }
        try await send(.stdout, stdout)
        try await send(.stderr, stderr)
        return RunOutputSummary(stdout: ("", nil), stderr: ("", nil), isStreamed: true)
    }

    private func send(_ stream: OutputStream, _ piece: (offset: Int, bytes: [UInt8])) async throws(SandboxError) {
        guard !piece.bytes.isEmpty else { return }
        let output = RunOutputText.split(piece.bytes)
        let notification = RunOutput(
            requestID: call.requestID ?? .null, runID: runID, stream: stream.rawValue, offset: piece.offset,
            data: output.text, dataBase64: output.base64)
        do {
            try await call.notify(RunOutput.name, notification)
        } catch {
            throw SandboxError(wrapping: error)
        }
    }
}
