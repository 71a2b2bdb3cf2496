import ControlAPI
import ControlServer
import Foundation
import JSONRPC
import SandboxCore
import SessionManager

extension SandboxHandlers {
    func execute(
        _ params: SandboxExecute.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SandboxExecute.Result {
        let timeout = try timeout(params.timeout)
        guard !params.command.utf8.contains(0) else { throw .invalid("command must not contain a NUL byte") }
        try ArgumentLimits.check(params.command.utf8.count, of: "command")
        return try await inSandbox(params.sessionID, SandboxExecute.name, call) { sandbox throws(SandboxError) in
            let result = try await sandbox.execute(params.command, timeout: timeout)
            return SandboxExecute.Result(
                output: result.output, exitCode: result.exitCode, truncated: result.truncated,
                timedOut: result.timedOut)
        }
    }

    func run(_ params: SandboxRun.Params, _ call: ControlCall) async throws(SandboxError) -> RunResult {
        let streams = params.stream ?? false
        let request = try runRequest(RunParams(params), keepsInputOpen: params.stdinOpen ?? false, streams: streams)
        return try await inSandbox(params.sessionID, SandboxRun.name, runID: request.runID, call) {
            sandbox throws(SandboxError) in
            let sink: any RunOutputSink =
                streams ? RunStreamer(call: call, runID: request.runID) : RunCollector(limit: request.outputLimit)
            let end = try await sandbox.run(request) { chunk throws(SandboxError) in try await sink.add(chunk) }
            let output = try await sink.finish()
            return RunResult(runID: request.runID, end: end, output: output)
        }
    }

    func start(_ params: SandboxStart.Params, _ call: ControlCall) async throws(SandboxError) -> SandboxStart.Result {
        let inputs = RunParams(params)
        let request = try runRequest(
            inputs, keepsInputOpen: params.stdinOpen ?? (inputs.stdin == nil && inputs.stdinBase64 == nil),
            streams: true)
        let id = try SessionID(params.sessionID)
        try await sessions.startRun(request, in: id, ownerUID: call.peer.uid)
        return SandboxStart.Result(runID: request.runID)
    }

    func attach(_ params: SandboxAttach.Params, _ call: ControlCall) async throws(SandboxError) -> RunResult {
        let runID = try Self.runID(params.runID)
        let offsets = OutputOffsets(
            stdout: try Parameters.integer(params.stdoutOffset, named: "stdout_offset", in: 0...Int.max, default: 0),
            stderr: try Parameters.integer(params.stderrOffset, named: "stderr_offset", in: 0...Int.max, default: 0))
        return try await inSandbox(params.sessionID, SandboxAttach.name, runID: runID, call) {
            sandbox throws(SandboxError) in
            let sink = RunStreamer(call: call, runID: runID, from: offsets)
            let end = try await sandbox.attach(runID, from: offsets) { chunk throws(SandboxError) in
                try await sink.add(chunk)
            }
            let output = try await sink.finish()
            return RunResult(runID: runID, end: end, output: output)
        }
    }

    private func timeout(_ seconds: Double?) throws(SandboxError) -> Duration {
        try Parameters.duration(seconds, named: "timeout", limit: limits.maxTimeout)
            ?? min(ExecuteResult.defaultTimeout, limits.maxTimeout)
    }

    static func runID(_ text: String) throws(SandboxError) -> String {
        guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalid("run_id must be 1 to 128 characters of printable ASCII without spaces")
        }
        return text
    }

    private func runRequest(_ params: RunParams, keepsInputOpen: Bool, streams: Bool) throws(SandboxError) -> RunRequest
    {
        guard let program = params.argv.first, !program.isEmpty else { throw .invalid("argv must name a program") }
        guard !params.argv.contains(where: { $0.utf8.contains(0) }) else {
            throw .invalid("argv must not contain a NUL byte")
        }
        for (name, value) in params.environment ?? [:] {
            guard !name.isEmpty, !name.utf8.contains(0), !name.contains("="), !value.utf8.contains(0) else {
                throw .invalid(
                    "env: '\(Excerpt.of(name))' is no name of an environment variable, or its value has a NUL byte")
            }
        }
        try ArgumentLimits.check(argv: params.argv, environment: params.environment ?? [:])
        let most = streams ? Self.maximumStreamedOutput : maximumMessageContent
        let outputLimit = try Parameters.integer(
            params.outputLimit, named: streams ? "output_limit" : "output_limit (without stream: true)", in: 1...most,
            default: min(RunRequest.defaultOutputLimit, most))
        var terminal: SandboxCore.TerminalSize?
        if let pty = params.pty { terminal = try TerminalSize(columns: pty.columns, rows: pty.rows) }
        return RunRequest(
            argv: params.argv, runID: try Self.runID(params.runID ?? UUID().uuidString.lowercased()),
            environment: params.environment ?? [:],
            workingDirectory: try Parameters.optionalPath(params.workingDirectory, nil),
            stdin: try Parameters.content(params.stdin, params.stdinBase64, named: "stdin") ?? [],
            timeout: try timeout(params.timeout), outputLimit: outputLimit, keepsInputOpen: keepsInputOpen,
            terminal: terminal)
    }
}

/// What `sandbox.run` and `sandbox.start` have in common.
private struct RunParams {
    var argv: [String]
    var runID: String?
    var environment: [String: String]?
    var workingDirectory: String?
    var stdin: String?
    var stdinBase64: String?
    var timeout: Double?
    var outputLimit: Int?
    var pty: WindowSize?

    init(_ params: SandboxRun.Params) {
        (argv, runID, environment, workingDirectory) = (
            params.argv, params.runID, params.environment, params.workingDirectory
        )
        (stdin, stdinBase64) = (params.stdin, params.stdinBase64)
        (timeout, outputLimit, pty) = (params.timeout, params.outputLimit, params.pty)
    }

    init(_ params: SandboxStart.Params) {
        (argv, runID, environment, workingDirectory) = (
            params.argv, params.runID, params.environment, params.workingDirectory
        )
        (stdin, stdinBase64) = (params.stdin, params.stdinBase64)
        (timeout, outputLimit, pty) = (params.timeout, params.outputLimit, params.pty)
    }
}

extension RunResult {
    init(runID: String, end: RunEnd, output: RunOutputSummary) {
        let (exitCode, signal) = end.outcome.wire
        let duration = end.duration.components
        self.init(
            runID: runID, stdout: output.stdout.text, stdoutBase64: output.stdout.base64, stderr: output.stderr.text,
            stderrBase64: output.stderr.base64, exitCode: exitCode, signal: signal,
            timedOut: end.outcome == .timedOut, outputLimited: end.outcome == .outputLimited,
            oomKilled: end.outcome == .oomKilled,
            duration: Double(duration.seconds) + Double(duration.attoseconds) * 1e-18,
            stdoutBytes: output.isStreamed ? end.stdoutBytes : nil,
            stderrBytes: output.isStreamed ? end.stderrBytes : nil)
    }
}

extension RunOutcome {
    /// The members `exit_code` and `signal`.
    var wire: (exitCode: Int?, signal: String?) {
        switch self {
        case .exited(let code): (code, nil)
        case .signalled(let number): (128 + Int(number), SignalName.of(number))
        case .oomKilled: (137, "SIGKILL")
        case .timedOut, .outputLimited: (nil, nil)
        }
    }
}
