import ExecAPI
import ProcessSupervisor
import SandboxCore
import Synchronization

/// One run of the server's, from its start until it is forgotten.
final class ManagedRun: Sendable {
    private struct State {
        var end: ProcessEnd?
        var produced = OutputOffsets()
    }

    /// Nil for a run that has no id of the client's.
    let id: String?
    let argv: [String]
    let control = RunControl()
    let input: ProcessInput
    /// Nil for a run that lives no longer than its connection.
    let spool: RunSpool?
    /// Seconds since 1970-01-01 UTC.
    let startedAt: Double
    private let state = Mutex(State())

    init(id: String?, command: ProcessCommand, spool: RunSpool? = nil, startedAt: Double) {
        self.id = id
        self.argv = command.argv
        self.input = command.input
        self.spool = spool
        self.startedAt = startedAt
    }

    func noteOutput(_ stream: ProcessStream, upTo count: Int) {
        state.withLock { state in
            switch stream {
            case .stdout: state.produced.stdout = count
            case .stderr: state.produced.stderr = count
            }
        }
    }

    func finish(_ end: ProcessEnd) {
        state.withLock { $0.end = end }
        spool?.finish(end)
    }

    /// Brings it down, whoever still reads its output.
    func end(_ request: RunControl.Request) {
        control.end(request)
        spool?.stopWaiting()
    }

    var hasEnded: Bool { state.withLock { $0.end != nil } }

    /// Bytes that it holds for later.
    var keptBytes: Int {
        guard let bounds = spool?.bounds else { return 0 }
        return bounds.produced.stdout - bounds.kept.stdout + bounds.produced.stderr - bounds.kept.stderr
    }

    func status(_ id: String) -> RunsResult.Run {
        let (end, produced) = state.withLock { ($0.end, $0.produced) }
        let kept = spool?.bounds.kept
        return RunsResult.Run(
            runID: id, argv: argv, outcome: end.map { RunOutcomeBody($0) }, startedAt: startedAt,
            stdoutBytes: produced.stdout, stderrBytes: produced.stderr, stdoutKept: kept?.stdout,
            stderrKept: kept?.stderr)
    }
}
