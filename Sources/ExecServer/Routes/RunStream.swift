import ExecAPI
import FoundationEssentials
import NIOCore
import ProcessSupervisor
import Synchronization

/// The answer to one run, frame by frame.
final class RunStream: Sendable {
    private struct State {
        var hasStarted = false
        var lastWrite = ContinuousClock.now
    }

    private let writer: ResponseWriter
    private let state = Mutex(State())

    private let stallTime: TimeAmount?

    /// `stallTime`: a client that takes nothing for so long is cut off; nil where something else sees to that.
    init(_ writer: ResponseWriter, stallTime: TimeAmount? = nil) {
        self.writer = writer
        self.stallTime = stallTime
    }

    var hasStarted: Bool { state.withLock { $0.hasStarted } }

    func start() async throws {
        state.withLock { $0.hasStarted = true }
        try await writer.start(contentType: "application/octet-stream")
    }

    /// Returns when the kernel has taken the bytes.
    func write(_ stream: ProcessStream, offset: Int, _ bytes: [UInt8]) async throws {
        let header = RunFrame.outputHeader(stream == .stderr, offset: UInt64(offset), count: bytes.count)
        var frame = ByteBuffer()
        frame.reserveCapacity(header.count + bytes.count)
        frame.writeBytes(header)
        frame.writeBytes(bytes)
        try await write(frame)
    }

    func finish(_ end: ProcessEnd) async throws {
        try await finish(json: Array(try JSONEncoder().encode(RunOutcomeBody(end))))
    }

    func finish(json: [UInt8]) async throws {
        try await write(ByteBuffer(bytes: RunFrame.outcome(json).encoded))
        try await writer.end()
    }

    /// Writes a frame now and then while there is nothing else, until cancelled: a proxy on the way, and the client,
    /// can tell a quiet command from a lost connection.
    func keepAlive() async {
        while true {
            let silence = state.withLock { ContinuousClock.now - $0.lastWrite }
            let left = .seconds(ExecLimits.keepAliveSeconds) / 2 - silence
            do {
                if left > .zero {
                    try await Task.sleep(for: left)
                } else if hasStarted {
                    try await write(ByteBuffer(bytes: RunFrame.keepAlive.encoded))
                } else {
                    try await Task.sleep(for: .seconds(1))
                }
            } catch {
                return
            }
        }
    }

    private func write(_ frame: ByteBuffer) async throws {
        let late = stallTime.map { writer.channel.closing(in: $0) }
        defer { late?.cancel() }
        try await writer.write(frame)
        state.withLock { $0.lastWrite = .now }
    }
}

extension RunOutcomeBody {
    init(_ end: ProcessEnd) {
        let seconds = end.duration / .seconds(1)
        self.init(kind: .exited, stdoutBytes: end.stdoutBytes, stderrBytes: end.stderrBytes, duration: seconds)
        switch end.outcome {
        case .exited(let code): self.code = Int(code)
        case .signalled(let signal):
            kind = .signalled
            self.signal = signal
        case .timedOut: kind = .timedOut
        case .outputLimited: kind = .outputLimited
        case .oomKilled: kind = .oomKilled
        }
    }
}
