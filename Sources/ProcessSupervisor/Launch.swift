import CPodkeeper
import Glibc
import Subprocess
import SystemPackage

/// One process from its spawning to its reaping.
struct Launch: Sendable {
    enum Outcome: Sendable {
        case ended(ProcessEnd)
        /// The kernel would not run it.
        case refused(Refusal)
    }

    /// How long output may stay open after the process itself has ended: enough for the last filter of a pipeline.
    private static let drainTime = Duration.milliseconds(100)
    /// How often a group that was asked to end is looked at.
    private static let groupPollTime = Duration.milliseconds(20)
    /// How often what was killed is looked at: for a second.
    private static let clearRounds = 50

    /// Why it was brought down, and for how long it lived.
    private struct Supervision: Sendable {
        var cause: RunMachine.Cause?
        var duration: Duration
    }

    let command: ProcessCommand
    let poller: Poller
    let control: RunControl
    let input: ProcessInput
    let onStart: @Sendable () async throws -> Void
    let onOutput: ProcessSupervisor.OutputHandler

    /// Throws `ProcessError` of kind `resources`.
    func run(_ program: String, in directory: WorkingDirectory) async throws(ProcessError) -> Outcome {
        let meter = OutputMeter(limit: command.outputLimit)
        let killsBefore = OutOfMemoryKills.count()
        let began = ContinuousClock.now
        guard let size = command.terminal else {
            return try await run(program, in: directory, meter, began: began, killsBefore: killsBefore)
        }
        let terminal = try ProcessTerminal(size)
        let spawn = TerminalSpawn(
            program: program, argv: command.argv, environment: environment, directory: directory,
            terminal: terminal.path)
        let pid: pid_t
        do {
            pid = try spawn.spawn()
        } catch {
            return .refused(try Refusal(errno: error.errno))
        }
        directory.descriptor.close()
        let held = OwnedDescriptor(pk_pidfd_open(pid))
        let supervision = await supervise(
            pid, descriptor: held.rawValue, terminal.streams, meter, terminal: terminal.streams.output, began: began)
        var exit = pk_exit()
        guard pk_wait_child(pid, &exit) > 0 else {
            throw ProcessError(.resources(0), "the end of process \(pid) was lost")
        }
        let status: TerminationStatus =
            exit.code == PK_CLD_EXITED ? .exited(exit.status) : .signaled(exit.status)
        return .ended(end(status, supervision, meter, killsBefore: killsBefore))
    }

    private func run(
        _ program: String, in directory: WorkingDirectory, _ meter: OutputMeter, began: ContinuousClock.Instant,
        killsBefore: Int?
    ) async throws(ProcessError) -> Outcome {
        let hasInput = command.keepsInputOpen || !command.stdin.isEmpty
        let pipes = try StandardPipes(hasInput: hasInput, mergesStderr: command.mergesStderr)
        if !hasInput { input.close() }
        var options = PlatformOptions()
        options.createSession = true
        // swift-subprocess hands raw bytes to strdup(3), which wants their end marked.
        let environment = Environment.custom(environment.map { $0 + [0] })
        let arguments = Arguments(
            executablePathOverride: command.argv[0], remainingValues: Array(command.argv.dropFirst()))
        do {
            let result = try await Subprocess.run(
                .path(FilePath(program)), arguments: arguments, environment: environment,
                workingDirectory: directory.path, platformOptions: options,
                input: .fileDescriptor(
                    FileDescriptor(rawValue: pipes.childInput.rawValue), closeAfterSpawningProcess: false),
                output: .fileDescriptor(
                    FileDescriptor(rawValue: pipes.childOutput.rawValue), closeAfterSpawningProcess: false),
                error: .fileDescriptor(
                    FileDescriptor(rawValue: pipes.childError.rawValue), closeAfterSpawningProcess: false)
            ) { execution in
                pipes.closeChildEnds()
                directory.descriptor.close()
                let process = execution.processIdentifier
                return await supervise(
                    process.value, descriptor: process.processDescriptor, pipes.streams, meter, terminal: nil,
                    began: began)
            }
            return .ended(end(result.terminationStatus, result.closureResult, meter, killsBefore: killsBefore))
        } catch let error as SubprocessError {
            return .refused(try Self.refusal(error))
        } catch {
            throw ProcessError(.resources(0), "cannot start a process: \(error)")
        }
    }

    /// The mark first, where whoever looks for it finds it soonest.
    private var environment: [[UInt8]] { (command.mark.map { [$0] } ?? []) + command.environment }

    private static func refusal(_ error: SubprocessError) throws(ProcessError) -> Refusal {
        switch error.code {
        case .executableNotFound: return .notFound
        case .spawnFailed:
            if let errno = error.underlyingError { return try Refusal(errno: errno.rawValue) }
            throw ProcessError(.resources(0), "cannot start a process: \(error)")
        case .failedToChangeWorkingDirectory:
            throw ProcessError(.workingDirectory(error.underlyingError?.rawValue ?? 0), "\(error)")
        default: throw ProcessError(.resources(error.underlyingError?.rawValue ?? 0), "cannot run a process: \(error)")
        }
    }

    private func supervise(
        _ pid: pid_t, descriptor: Int32, _ streams: StandardStreams, _ meter: OutputMeter, terminal: OwnedDescriptor?,
        began: ContinuousClock.Instant
    ) async -> Supervision {
        // A run causes a dozen events at the most: the buffer never overflows.
        let (events, sink) = AsyncStream.makeStream(of: RunMachine.Event.self, bufferingPolicy: .bufferingOldest(64))
        let family = ProcessFamily(leader: pid, mark: command.mark)
        var pumps = [OutputPump(.stdout, source: streams.output, poller: poller, meter: meter)]
        if let error = streams.error {
            pumps.append(OutputPump(.stderr, source: error, poller: poller, meter: meter))
        }
        let writer = streams.input.map {
            InputWriter(input, target: $0, isTerminal: terminal != nil, poller: poller)
        }
        var machine = RunMachine(streams: pumps.count)
        var duration = Duration.zero
        control.direct(to: LiveProcess(leader: pid, terminal: terminal))
        // The caller reaps the process next.
        defer { control.direct(to: nil) }
        do { try await onStart() } catch { sink.yield(.consumerGone) }
        control.listen { sink.yield(.request($0)) }

        await withDiscardingTaskGroup { tasks in
            startWatching(pid, descriptor, pumps, writer, sink, &tasks)
            for await event in events {
                if event == .exited { duration = .now - began }
                for action in machine.handle(event) {
                    perform(action, family, pumps, writer, sink, &tasks)
                }
                if machine.isOver { break }
            }
            // What is left are timers.
            tasks.cancelAll()
        }
        return Supervision(cause: machine.cause, duration: duration)
    }

    private func startWatching(
        _ pid: pid_t, _ descriptor: Int32, _ pumps: [OutputPump], _ input: InputWriter?,
        _ sink: AsyncStream<RunMachine.Event>.Continuation, _ tasks: inout DiscardingTaskGroup
    ) {
        let exit = ExitWatch(pid: pid, descriptor: descriptor >= 0 ? descriptor : nil)
        tasks.addTask {
            await exit.wait(poller)
            sink.yield(.exited)
        }
        for pump in pumps {
            tasks.addTask {
                await pump.run(onOutput) { report in
                    sink.yield(report == .overLimit ? .overLimit : .consumerGone)
                }
                sink.yield(.streamEnded)
            }
        }
        if let input { tasks.addTask { await input.run() } }
        after(command.timeout, .deadline, sink, &tasks)
    }

    private func perform(
        _ action: RunMachine.Action, _ family: ProcessFamily, _ pumps: [OutputPump], _ input: InputWriter?,
        _ sink: AsyncStream<RunMachine.Event>.Continuation, _ tasks: inout DiscardingTaskGroup
    ) {
        switch action {
        case .terminateGroup: family.send(SIGTERM)
        case .killGroup:
            family.send(SIGKILL)
            tasks.addTask {
                // Again, for what was made meanwhile; what the kernel cannot end is not waited for.
                for _ in 0..<Self.clearRounds where family.hasLivingMembers {
                    do { try await Task.sleep(for: Self.groupPollTime) } catch { break }
                    family.send(SIGKILL)
                }
                sink.yield(.cleared)
            }
        case .startGrace: after(command.grace, .graceOver, sink, &tasks)
        case .startDrain: after(Self.drainTime, .drainOver, sink, &tasks)
        case .closeStreams: for pump in pumps { pump.closeSoon() }
        case .stopInput: input?.stop()
        case .watchGroup:
            tasks.addTask {
                while family.hasLivingMembers {
                    do { try await Task.sleep(for: Self.groupPollTime) } catch { return }
                }
                sink.yield(.groupGone)
            }
        }
    }

    private func after(
        _ time: Duration, _ event: RunMachine.Event, _ sink: AsyncStream<RunMachine.Event>.Continuation,
        _ tasks: inout DiscardingTaskGroup
    ) {
        tasks.addTask {
            do { try await Task.sleep(for: time) } catch { return }
            sink.yield(event)
        }
    }

    private func end(
        _ status: TerminationStatus, _ supervision: Supervision, _ meter: OutputMeter, killsBefore: Int?
    ) -> ProcessEnd {
        let totals = meter.totals
        let outcome: ProcessOutcome
        switch (supervision.cause, status) {
        case (.timedOut, _): outcome = .timedOut
        case (.outputLimited, _): outcome = .outputLimited
        case (_, .exited(let code)): outcome = .exited(code)
        case (nil, .signaled(SIGKILL)) where Self.ranOutOfMemory(since: killsBefore): outcome = .oomKilled
        case (_, .signaled(let signal)): outcome = .signalled(signal)
        }
        return ProcessEnd(
            outcome: outcome, stdoutBytes: totals.stdout, stderrBytes: totals.stderr, duration: supervision.duration)
    }

    private static func ranOutOfMemory(since before: Int?) -> Bool {
        guard let before, let now = OutOfMemoryKills.count() else { return false }
        return now > before
    }
}
