import ExecAPI
import Glibc
import NIOCore
import NIOHTTP1
import ProcessSupervisor
import SandboxCore

/// Commands by argument vector, streamed.
struct RunRoutes: Sendable {
    let supervisor: ProcessSupervisor
    let registry: RunRegistry
    let environment: CommandEnvironment
    let background: BackgroundWork
    /// Where output that is kept for later may go, best first.
    let spoolDirectories: [String]

    /// Answers by itself once the process runs; throws before that.
    func run(_ request: inout ExecRequest, _ writer: ResponseWriter) async throws {
        let bytes = try await request.body(limit: ExecLimits.maximumJSONBytes)
        let body = try JSONBody.decode(RunBody.self, from: bytes)
        let command = try command(body)
        let run = ManagedRun(id: body.runID, command: command, startedAt: Self.now)
        let stream = RunStream(writer)
        // Should the client, when all is over, neither take the rest nor go away.
        let late = writer.channel.closing(in: TimeAmount(command.timeout + ServerLimits.outputTime))
        defer { late.cancel() }
        do {
            try await request.watch.whenClosed {
                run.control.end(.terminate)
            } during: {
                try await registry.perform(run) { started in
                    let end = try await withKeepAlive(stream) {
                        try await supervisor.run(command, control: run.control, input: run.input) {
                            started()
                            try await stream.start()
                        } onOutput: { source, offset, bytes in
                            run.noteOutput(source, upTo: offset + bytes.count)
                            try await stream.write(source, offset: offset, bytes)
                        }
                    }
                    run.finish(end)
                    try await stream.finish(end)
                }
            }
        } catch {
            if stream.hasStarted { throw BrokenConnection() }
            throw error
        }
    }

    /// Answers once the process runs, which it goes on to do. A repeat starts nothing.
    func start(_ request: inout ExecRequest) async throws -> ExecResponse {
        let bytes = try await request.body(limit: ExecLimits.maximumJSONBytes)
        let body = try JSONBody.decode(RunBody.self, from: bytes)
        let command = try command(body)
        guard !registry.knows(body.runID) else { return try .json(StartResult(isNew: false)) }
        let spool = RunSpool(
            fileLimit: min(command.outputLimit, ServerLimits.spoolFileBytes), directories: spoolDirectories)
        let run = ManagedRun(id: body.runID, command: command, spool: spool, startedAt: Self.now)
        // One element: that it runs, or why it does not.
        let (answers, answer) = AsyncStream.makeStream(of: Result<Void, ExecFailure>.self)
        let isAccepted = background.submit {
            do {
                try await perform(run, command, spool) { answer.yield(.success(())) }
            } catch {
                answer.yield(.failure(ExecFailure(error)))
            }
            answer.finish()
        }
        guard isAccepted else { throw ExecFailure.overloaded("the exec server is stopping") }
        for await outcome in answers {
            do throws(ExecFailure) {
                try outcome.get()
            } catch {
                // Two at once with the same id: the other one has started it.
                guard error.detail.kind == .conflict else { throw error }
                return try .json(StartResult(isNew: false))
            }
            return try .json(StartResult(isNew: true))
        }
        throw ExecFailure.overloaded("the exec server is stopping")
    }

    private func perform(
        _ run: ManagedRun, _ command: ProcessCommand, _ spool: RunSpool, onStart: @escaping @Sendable () -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                // A reader that does not read must not keep a process that is late from ending.
                do { try await Task.sleep(for: command.timeout) } catch { return }
                spool.stopWaiting()
            }
            defer { tasks.cancelAll() }
            try await registry.perform(run) { started in
                let end = try await supervisor.run(command, control: run.control, input: run.input) {
                    started()
                    onStart()
                } onOutput: { source, offset, bytes in
                    run.noteOutput(source, upTo: offset + bytes.count)
                    await spool.append(source, bytes)
                }
                run.finish(end)
            }
        }
    }

    /// Answers by itself with the output of a started run and its end.
    func attach(_ request: inout ExecRequest, _ writer: ResponseWriter) async throws {
        let bytes = try await request.body(limit: ExecLimits.maximumJSONBytes)
        let body = try JSONBody.decode(AttachBody.self, from: bytes)
        guard let run = registry.run(body.runID) else { throw Self.unknown(body.runID) }
        guard let spool = run.spool else {
            throw ExecFailure(
                .conflict, .conflict,
                "the run '\(body.runID)' was not started to be attached to: only its caller has "
                    + "its output")
        }
        let reader = try spool.attach(from: OutputOffsets(stdout: body.stdoutOffset, stderr: body.stderrOffset))
        defer { spool.detach(reader) }
        let stream = RunStream(writer, stallTime: ServerLimits.stallTime)
        do {
            try await request.watch.whenClosed {
                spool.detach(reader)
            } during: {
                try await stream.start()
                let end = try await withKeepAlive(stream) { try await deliver(spool, reader, stream) }
                try await stream.finish(end)
            }
        } catch {
            if stream.hasStarted { throw BrokenConnection() }
            throw error
        }
    }

    private func deliver(_ spool: RunSpool, _ reader: UInt64, _ stream: RunStream) async throws -> ProcessEnd {
        while true {
            switch await spool.next(reader) {
            case .output(let source, let offset, let bytes):
                try await stream.write(source, offset: offset, bytes)
                spool.advance(reader, source, by: bytes.count)
            case .end(let end): return end
            case .detached, .lost: throw BrokenConnection()
            }
        }
    }

    static func unknown(_ id: String) -> ExecFailure {
        ExecFailure(
            .notFound, .unknownRun,
            "no run '\(id)' is known here: it was never started, ended long ago, or the sandbox was restarted since")
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Returns after the last keep-alive frame, so that none can come behind the outcome.
    private func withKeepAlive(
        _ stream: RunStream, _ body: () async throws -> ProcessEnd
    ) async throws -> ProcessEnd {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await stream.keepAlive() }
            defer { tasks.cancelAll() }
            return try await body()
        }
    }

    /// Throws `invalid` for values that no process can be started with.
    func command(_ body: RunBody) throws -> ProcessCommand {
        let id = body.runID
        guard (1...ExecLimits.maximumRunIDBytes).contains(id.utf8.count),
            !id.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else {
            throw ExecFailure.invalid(
                "run_id must be 1 to \(ExecLimits.maximumRunIDBytes) bytes without control characters")
        }
        let limit = body.outputLimit ?? RunRequest.defaultOutputLimit
        guard limit > 0 else { throw ExecFailure.invalid("output_limit must be above 0") }
        var command = ProcessCommand(
            argv: body.argv, environment: try environment.merged(with: body.environment ?? [:]),
            workingDirectory: environment.directory(body.workingDirectory?.bytes), stdin: body.stdin?.bytes ?? [],
            mergesStderr: body.mergesStderr ?? false, timeout: try Self.timeout(body.timeout), outputLimit: limit)
        command.keepsInputOpen = body.keepsInputOpen ?? false
        command.terminal = try body.terminal.map(Self.terminalSize)
        command.mark = CommandEnvironment.newMark()
        return command
    }

    static func terminalSize(_ body: TerminalSizeBody) throws(SandboxError) -> ProcessTerminalSize {
        let size = try TerminalSize(columns: body.columns, rows: body.rows)
        return ProcessTerminalSize(columns: size.columns, rows: size.rows)
    }

    /// Seconds as a duration that no arithmetic overflows. Throws `invalid` for what is no time to wait.
    static func timeout(_ seconds: Double?) throws(ExecFailure) -> Duration {
        guard let seconds else { return ExecuteResult.defaultTimeout }
        guard seconds.isFinite, seconds > 0 else { throw .invalid("the timeout must be a number of seconds above 0") }
        return .seconds(min(seconds, ServerLimits.maximumRunTime / .seconds(1)))
    }
}
