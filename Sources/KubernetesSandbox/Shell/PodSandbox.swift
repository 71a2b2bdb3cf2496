import SandboxCore
import Synchronization

/// A sandbox in `api` mode: everything goes through `pods/exec`. The image must have `/bin/sh` and `timeout`.
struct PodSandbox: ShellBackedSandbox {
    let files: ShellFileOperations<PodShell>
    private var shell: PodShell { files.runner }

    init(shell: PodShell, workDirectory: String) {
        files = ShellFileOperations(runner: shell, workDirectory: workDirectory)
    }

    func execute(_ command: String, timeout: Duration) async throws(SandboxError) -> ExecuteResult {
        guard !command.utf8.contains(0) else { return .failure("the command contains a NUL") }
        guard command.utf8.count <= PodCommand.maximumArgumentBytes else {
            return .failure("the command is longer than \(PodCommand.maximumArgumentBytes) bytes: write it to a file")
        }
        let line = PodCommand(
            argv: ["sh", "-c", command], directory: workDirectory, timeout: timeout, mergesStderr: true)
        let output = Mutex(CappedOutput())
        do throws(SandboxError) {
            let end = try await shell.run(line) { (_: OutputStream, bytes: [UInt8]) throws(SandboxError) in
                // The command is not ended for its output: what is over the limit is dropped as it comes.
                output.withLock { $0.append(bytes) }
            }
            let collected = output.withLock { $0 }
            switch end {
            case .exited(let code): return collected.result(exitCode: code)
            case .timedOut: return collected.result(exitCode: ExecuteResult.timedOutExitCode, timedOut: true)
            case .noDirectory: return .failure("the working directory \(workDirectory) cannot be entered")
            }
        } catch {
            guard error.isAboutTheSession else { return .failure(error.message) }
            throw error
        }
    }

    func run(
        _ request: RunRequest, onOutput: @Sendable (OutputChunk) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> RunEnd {
        let directory = try request.directory(in: workDirectory)
        let command = PodCommand(
            argv: try request.words(), directory: directory, timeout: request.timeout, stdin: request.stdin,
            mergesStderr: request.mergesStderr)
        let began = ContinuousClock.now
        let meter = Mutex(OutputMeter(limit: request.outputLimit))
        let outcome: RunOutcome
        do throws(SandboxError) {
            let end = try await shell.run(command) {
                (stream: OutputStream, bytes: [UInt8]) async throws(SandboxError) in
                let (chunk, isOver) = meter.withLock { $0.take(stream, bytes) }
                if let chunk { try await onOutput(chunk) }
                // Ends the run: the shell kills the command for a consumer that wants no more.
                if isOver { throw OutputMeter.limitReached }
            }
            switch end {
            case .exited(let code): outcome = RunOutcome(shellCode: code)
            case .timedOut: outcome = .timedOut
            case .noDirectory:
                throw .file(.notFound, "'\(directory)' cannot be entered: no such directory, or no right to")
            }
        } catch {
            guard meter.withLock({ $0.isOver }), error == OutputMeter.limitReached else { throw error }
            outcome = .outputLimited
        }
        return meter.withLock { $0.end(outcome, duration: began.duration(to: .now)) }
    }
}
