import ExecAPI
package import SandboxCore

extension ExecSandbox {
    /// Starting and signalling: nothing in it waits for the process.
    private static let controlTimeout = Duration.seconds(15)
    /// execd answers what it could take of the input after a while, whether the process reads or not.
    private static let inputTimeout = Duration.seconds(30)
    /// Its files are counted within two seconds.
    private static let usageTimeout = Duration.seconds(5)
    private static let maximumInputBytes = 1 << 20

    package func start(_ request: RunRequest) async throws(SandboxError) -> Bool {
        try await connection.call(
            .start, RunBody(inEnvironment(request)), as: StartResult.self, timeout: Self.controlTimeout, changes: true
        ).isNew
    }

    package func attach(
        _ runID: String, from offsets: OutputOffsets,
        onOutput: @Sendable (OutputChunk) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> RunEnd {
        try await ExecRun(connection: connection, silenceLimit: silenceLimit)
            .attach(runID, from: offsets, onOutput: onOutput)
    }

    package func writeInput(
        _ runID: String, _ bytes: [UInt8], offset: Int?, isLast: Bool
    ) async throws(SandboxError) -> Int {
        var start = offset
        var rest = bytes[...]
        while true {
            let piece = rest.prefix(Self.maximumInputBytes)
            let body = InputBody(
                runID: runID, bytes: Base64Bytes(Array(piece)), offset: start,
                isLast: isLast && piece.count == rest.count)
            let result = try await connection.call(
                .input, body, as: InputResult.self, timeout: Self.inputTimeout, changes: true)
            // More than was sent: others have written since, or this was a repeat.
            let taken = min(result.accepted &- result.start, piece.count)
            guard taken >= 0 else { throw .outcomeUnknown("the exec server lost count of a command's input") }
            rest = rest.dropFirst(taken)
            if rest.isEmpty { return result.accepted }
            start = result.start &+ taken
        }
    }

    package func resize(_ runID: String, to size: TerminalSize) async throws(SandboxError) {
        let body = ResizeBody(
            runID: runID, size: TerminalSizeBody(columns: Int(size.columns), rows: Int(size.rows)))
        try await control(.resize, body)
    }

    package func signal(_ runID: String, _ signal: Int32) async throws(SandboxError) {
        try await control(.signal, SignalBody(runID: runID, signal: signal))
    }

    package func stop(_ runID: String) async throws(SandboxError) {
        try await control(.stop, StopBody(runID: runID))
    }

    package func waitForEnd(of runID: String, within time: Duration) async throws(SandboxError) {
        let body = WaitBody(runID: runID, seconds: time / .seconds(1))
        _ = try await connection.call(.wait, body, as: EmptyResult.self, timeout: time + Self.controlTimeout)
    }

    package func runs() async throws(SandboxError) -> [RunStatus] {
        let request = connection.request(.runs, timeout: Self.controlTimeout)
        let response = try await connection.send(request, changes: false)
        return try connection.decode(RunsResult.self, from: response).runs.map(RunStatus.init)
    }

    /// Nil from an exec server of before there was the question.
    package func usage() async throws(SandboxError) -> SandboxUsage? {
        let request = connection.request(.usage, timeout: Self.usageTimeout)
        do throws(SandboxError) {
            let response = try await connection.send(request, changes: false)
            let usage = try connection.decode(UsageResult.self, from: response)
            return SandboxUsage(
                cpuSeconds: usage.cpuSeconds, memoryBytes: usage.memoryBytes, memoryLimit: usage.memoryLimit,
                processes: usage.processes, diskBytes: usage.diskBytes)
        } catch {
            guard error.kind == .internal else { throw error }
            return nil
        }
    }

    private func control(_ route: ExecRoute, _ body: some Encodable) async throws(SandboxError) {
        _ = try await connection.call(route, body, as: EmptyResult.self, timeout: Self.controlTimeout, changes: true)
    }
}

extension RunStatus {
    fileprivate init(_ run: RunsResult.Run) {
        var kept: OutputOffsets?
        if let stdout = run.stdoutKept, let stderr = run.stderrKept {
            kept = OutputOffsets(stdout: stdout, stderr: stderr)
        }
        self.init(
            runID: run.runID, argv: run.argv, outcome: run.outcome.flatMap(RunOutcome.init), startedAt: run.startedAt,
            produced: OutputOffsets(stdout: run.stdoutBytes, stderr: run.stderrBytes), kept: kept)
    }
}
