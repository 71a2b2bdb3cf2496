import ExecAPI
import FoundationEssentials
import SandboxCore

/// Reads the body of a run's response: output in order and without gaps, then one outcome that agrees with it.
///
/// Whatever else the body holds is an unknown outcome, never a success.
struct RunReader {
    private var decoder = RunFrameDecoder()
    private var stdoutBytes = 0
    private var stderrBytes = 0
    /// `offsets`: where the output begins that was asked for.
    init(from offsets: OutputOffsets = OutputOffsets()) {
        stdoutBytes = offsets.stdout
        stderrBytes = offsets.stderr
    }

    /// Set once the outcome has arrived. What comes after it does not count.
    private(set) var end: RunEnd?

    mutating func append(_ bytes: [UInt8]) {
        guard end == nil else { return }
        decoder.append(bytes)
    }

    /// The next piece of output; nil until more bytes are appended.
    mutating func next() throws(SandboxError) -> OutputChunk? {
        while end == nil, let frame = try nextFrame() {
            switch frame {
            case .stdout(let offset, let bytes):
                return OutputChunk(
                    stream: .stdout, offset: try Self.advance(&stdoutBytes, from: offset, by: bytes.count), bytes: bytes
                )
            case .stderr(let offset, let bytes):
                return OutputChunk(
                    stream: .stderr, offset: try Self.advance(&stderrBytes, from: offset, by: bytes.count), bytes: bytes
                )
            case .outcome(let json): end = try finish(json)
            case .keepAlive: continue
            }
        }
        return nil
    }

    private mutating func nextFrame() throws(SandboxError) -> RunFrame? {
        do {
            return try decoder.next()
        } catch {
            throw .outcomeUnknown("the exec server's stream is damaged: \(error)")
        }
    }

    private static func advance(_ count: inout Int, from offset: UInt64, by bytes: Int) throws(SandboxError) -> Int {
        guard UInt64(exactly: count) == offset else {
            throw .outcomeUnknown("output was lost: bytes from \(offset) came after \(count) bytes")
        }
        defer { count &+= bytes }
        return count
    }

    private func finish(_ json: [UInt8]) throws(SandboxError) -> RunEnd {
        guard let body = try? JSONDecoder().decode(RunOutcomeBody.self, from: Data(json)),
            let outcome = RunOutcome(body), body.duration.isFinite, (0...1e12).contains(body.duration)
        else {
            throw .outcomeUnknown("the exec server reported an outcome that this version does not understand")
        }
        guard body.stdoutBytes == stdoutBytes, body.stderrBytes == stderrBytes else {
            throw .outcomeUnknown(
                "output was lost: \(stdoutBytes) bytes of stdout and \(stderrBytes) of stderr arrived of "
                    + "\(body.stdoutBytes) and \(body.stderrBytes)")
        }
        return RunEnd(
            outcome: outcome, stdoutBytes: stdoutBytes, stderrBytes: stderrBytes, duration: .seconds(body.duration))
    }
}

extension RunOutcome {
    /// Nil where the member that the kind calls for is missing or out of range.
    init?(_ body: RunOutcomeBody) {
        switch body.kind {
        case .exited:
            guard let code = body.code, (0...255).contains(code) else { return nil }
            self = .exited(code: code)
        case .signalled:
            guard let signal = body.signal, (1...127).contains(signal) else { return nil }
            self = .signalled(signal)
        case .timedOut: self = .timedOut
        case .outputLimited: self = .outputLimited
        case .oomKilled: self = .oomKilled
        }
    }
}
