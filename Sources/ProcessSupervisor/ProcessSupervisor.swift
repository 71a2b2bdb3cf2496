import CPodkeeper

/// Runs processes, each in a session and process group of its own, and sees every one to its end.
///
/// swift-subprocess spawns and reaps. The pipes are ours, because its own streams would end with the process even
/// while the consumer is behind, and because the group must be killed while its leader is still unreaped: the body
/// given to `Subprocess.run` returns only then, which keeps the leader's number from being reused under our signals.
package final class ProcessSupervisor: Sendable {
    package typealias OutputHandler = @Sendable (ProcessStream, _ offset: Int, [UInt8]) async throws -> Void

    private let poller: Poller

    /// Throws `ProcessError` of kind `resources`.
    package init() throws(ProcessError) {
        // A process that closes its stdin must not take us along.
        _ = pk_ignore_sigpipe()
        poller = try Poller()
    }

    /// To be called when no `run` is under way.
    package func shutdown() {
        poller.shutdown()
    }

    /// Runs `command` to its end, which is also the end of its output.
    ///
    /// `onStart` is called once the process runs (or a missing program has become an outcome, 127 or 126, with the
    /// shell's kind of message as its stderr). `onOutput` may be called for both streams at once, never twice at a
    /// time for one; while it waits, that stream's pipe is not read; where it throws, the process is brought down.
    /// `input`: made with `ProcessCommand.input` beforehand by whoever wants to write to it.
    /// Children that the process leaves behind go on; what they keep open is not waited for. Cancellation brings the
    /// process down as `RunControl.end(.terminate)` does, and the call still returns its end.
    ///
    /// Throws `ProcessError` where nothing was started.
    package func run(
        _ command: ProcessCommand, control: RunControl, input: ProcessInput? = nil,
        onStart: @escaping @Sendable () async throws -> Void, onOutput: @escaping OutputHandler
    ) async throws(ProcessError) -> ProcessEnd {
        let input = input ?? command.input
        defer {
            control.finish()
            input.close()
        }
        let outcome: Result<ProcessEnd, ProcessError> = await withTaskCancellationHandler {
            // Cancellation must not cut short the reads and the way from TERM to KILL, nor start swift-subprocess's
            // own teardown: it becomes a request like any other. The task is awaited on the spot.
            await Task {
                do throws(ProcessError) {
                    return .success(try await start(command, control, input, onStart, onOutput))
                } catch {
                    return .failure(error)
                }
            }.value
        } onCancel: {
            control.end(.terminate)
        }
        return try outcome.get()
    }

    @concurrent
    private func start(
        _ command: ProcessCommand, _ control: RunControl, _ input: ProcessInput,
        _ onStart: @escaping @Sendable () async throws -> Void,
        _ onOutput: @escaping OutputHandler
    ) async throws(ProcessError) -> ProcessEnd {
        try command.validate()
        let began = ContinuousClock.now
        let directory = try WorkingDirectory(command.workingDirectory)
        let found = ExecutableLookup.find(
            command.argv[0], searchPath: command.searchPath, directory: directory.descriptor.rawValue)
        let refusal: Refusal
        switch found {
        case .found(let path):
            let launch = Launch(
                command: command, poller: poller, control: control, input: input, onStart: onStart,
                onOutput: onOutput)
            switch try await launch.run(path, in: directory) {
            case .ended(let end): return end
            case .refused(let reason): refusal = reason
            }
        case .notFound: refusal = .notFound
        case .notExecutable(let errno): refusal = .notExecutable(errno: errno)
        }
        return await refuse(command, refusal, began: began, onStart: onStart, onOutput: onOutput)
    }

    /// What sh(1) does for a program that it cannot start: a line on stderr, 127 or 126.
    private func refuse(
        _ command: ProcessCommand, _ refusal: Refusal, began: ContinuousClock.Instant,
        onStart: @Sendable () async throws -> Void, onOutput: OutputHandler
    ) async -> ProcessEnd {
        let message = Array("\(command.argv[0]): \(refusal.text)\n".utf8.prefix(command.outputLimit))
        // A consumer that is gone already misses a line; the outcome stays the same.
        try? await onStart()
        let isMerged = command.mergesStderr || command.terminal != nil
        try? await onOutput(isMerged ? .stdout : .stderr, 0, message)
        return ProcessEnd(
            outcome: .exited(refusal.exitCode), stdoutBytes: isMerged ? message.count : 0,
            stderrBytes: isMerged ? 0 : message.count, duration: .now - began)
    }
}
