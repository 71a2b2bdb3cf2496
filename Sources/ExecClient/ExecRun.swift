import ExecAPI
import HTTPTransport
import SandboxCore

/// One run's stream from request to outcome: of `POST /v1/run`, which lives no longer than its connection, or of
/// `POST /v1/attach`, which only looks on.
struct ExecRun {
    /// How long a run whose end nobody waits for is given to be stopped; execd kills it anyway once it sees the
    /// connection closed.
    private static let stopTimeout = Duration.seconds(3)
    /// From a run's deadline to its end: TERM, two seconds, KILL, and patience with a busy host.
    private static let endMargin = Duration.seconds(10)
    /// Output that is still on its way then comes without such a gap.
    private static let overdueSilence = Duration.seconds(5)
    private static let maximumErrorBytes = 1 << 16

    let connection: ExecConnection
    let silenceLimit: Duration

    func perform(
        _ run: RunRequest, onOutput: (OutputChunk) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> RunEnd {
        var request = try connection.request(.run, json: RunBody(run), timeout: nil)
        // execd keeps the run's deadline; should it be stopped or wedged, nobody waits much longer than for that.
        request.overdue = (after: run.timeout + Self.endMargin, idleTimeout: Self.overdueSilence)
        do throws(StreamFailure) {
            return try await read(request, RunReader(), changes: true, onOutput: onOutput)
        } catch {
            if error.mayRun { await stop(run.runID) }
            throw error.error
        }
    }

    func attach(
        _ runID: String, from offsets: OutputOffsets, onOutput: (OutputChunk) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> RunEnd {
        let body = AttachBody(runID: runID, stdoutOffset: offsets.stdout, stderrOffset: offsets.stderr)
        let request = try connection.request(.attach, json: body, timeout: nil)
        do throws(StreamFailure) {
            return try await read(request, RunReader(from: offsets), changes: false, onOutput: onOutput)
        } catch {
            throw error.error
        }
    }

    private struct StreamFailure: Error {
        let error: SandboxError
        /// A process may be running that nobody will hear of.
        let mayRun: Bool
    }

    private func read(
        _ request: HTTPRequest, _ start: RunReader, changes: Bool,
        onOutput: (OutputChunk) async throws(SandboxError) -> Void
    ) async throws(StreamFailure) -> RunEnd {
        // No limit for the whole: execd keeps the run's deadline, and a receiver may take its time with the output.
        var request = request
        request.idleTimeout = silenceLimit
        var reader = start
        var status = 200
        var refusal: [UInt8] = []
        do {
            _ = try await connection.stream(request) { head in
                status = head.status
            } onChunk: { bytes in
                guard status == 200 else {
                    refusal += bytes.prefix(Self.maximumErrorBytes &- refusal.count)
                    return
                }
                reader.append(bytes)
                while let chunk = try reader.next() { try await onOutput(chunk) }
            }
        } catch {
            // A connection that breaks behind the outcome takes nothing back, and one behind a refusal neither.
            if let end = reader.end { return end }
            if status == 200 {
                throw StreamFailure(error: Self.sandboxError(error, changes: changes), mayRun: Self.mayRun(error))
            }
        }
        guard status == 200 else {
            throw StreamFailure(
                error: SandboxError(execStatus: status, body: refusal, changes: changes), mayRun: false)
        }
        guard let end = reader.end else {
            throw StreamFailure(
                error: .outcomeUnknown("the exec server ended the stream without an outcome"), mayRun: false)
        }
        return end
    }

    private static func sandboxError(_ error: any Error, changes: Bool) -> SandboxError {
        guard let error = error as? HTTPError else { return SandboxError(wrapping: error) }
        return SandboxError(exec: error, changes: changes, limit: maximumErrorBytes)
    }

    private static func mayRun(_ error: any Error) -> Bool {
        (error as? HTTPError)?.requestMayHaveReachedServer ?? true
    }

    /// Best effort and bounded. The calling task may be cancelled, which would cancel this request too: hence a task
    /// of its own, which ends before this returns.
    private func stop(_ runID: String) async {
        let connection = connection
        await Task {
            _ = try? await connection.call(
                .stop, StopBody(runID: runID), as: EmptyResult.self, timeout: Self.stopTimeout)
        }.value
    }
}

/// `{}`.
struct EmptyResult: Decodable {}

extension RunBody {
    init(_ run: RunRequest) {
        self.init(
            argv: run.argv, runID: run.runID, environment: run.environment.isEmpty ? nil : run.environment,
            workingDirectory: run.workingDirectory.map { Base64Bytes($0.bytes) },
            stdin: run.stdin.isEmpty ? nil : Base64Bytes(run.stdin), timeout: run.timeout / .seconds(1),
            outputLimit: run.outputLimit, mergesStderr: run.mergesStderr,
            keepsInputOpen: run.keepsInputOpen ? true : nil,
            terminal: run.terminal.map { TerminalSizeBody(columns: Int($0.columns), rows: Int($0.rows)) })
    }
}
