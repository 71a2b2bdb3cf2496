import SandboxCore

/// Counts a run's output by stream, and cuts it at the run's limit.
struct OutputMeter: Sendable {
    static let limitReached = SandboxError(.tooLarge(limit: 0), "the output limit is reached")

    private let limit: Int
    private var stdoutBytes = 0
    private var stderrBytes = 0
    private(set) var isOver = false

    init(limit: Int) {
        self.limit = limit
    }

    /// What of these bytes is still within the limit, and whether they reach beyond it.
    mutating func take(_ stream: OutputStream, _ bytes: [UInt8]) -> (OutputChunk?, isOver: Bool) {
        let room = max(0, limit &- stdoutBytes &- stderrBytes)
        let kept = bytes.count > room ? Array(bytes.prefix(room)) : bytes
        isOver = isOver || bytes.count > room
        let offset = stream == .stdout ? stdoutBytes : stderrBytes
        switch stream {
        case .stdout: stdoutBytes &+= kept.count
        case .stderr: stderrBytes &+= kept.count
        }
        return (kept.isEmpty ? nil : OutputChunk(stream: stream, offset: offset, bytes: kept), isOver)
    }

    func end(_ outcome: RunOutcome, duration: Duration) -> RunEnd {
        RunEnd(outcome: outcome, stdoutBytes: stdoutBytes, stderrBytes: stderrBytes, duration: duration)
    }
}
