import ExecAPI
import SandboxCore

/// A sandbox behind the image's own exec server.
struct ImageSandbox: ShellBackedSandbox {
    /// Bytes of stdin, and of output, that one request carries in base64.
    private static let inlineBytes = 45_000
    private static let killTimeout = Duration.seconds(5)

    let files: ShellFileOperations<ImageShell>
    private var shell: ImageShell { files.runner }

    init(shell: ImageShell, workDirectory: String) {
        files = ShellFileOperations(runner: shell, workDirectory: workDirectory)
    }

    func execute(_ command: String, timeout: Duration) async throws(SandboxError) -> ExecuteResult {
        guard !command.utf8.contains(0) else { return .failure("the command contains a NUL") }
        guard command.utf8.count <= shell.maximumCommandBytes else {
            return .failure("the command is longer than \(shell.maximumCommandBytes) bytes: write it to a file")
        }
        do throws(SandboxError) {
            let (output, code, isTruncated, isTimeout) = try await send(
                command, directory: workDirectory, timeout: timeout)
            var collected = CappedOutput()
            collected.append(Array(output.utf8))
            guard let code else {
                collected.append(Array("\nError: the exec server did not say how the command ended".utf8))
                return collected.result(exitCode: 1, isTruncated: isTruncated)
            }
            return collected.result(
                exitCode: isTimeout ? ExecuteResult.timedOutExitCode : code, isTruncated: isTruncated,
                timedOut: isTimeout)
        } catch {
            guard error.isAboutTheSession else { return .failure(error.message) }
            throw error
        }
    }

    /// The output of both streams goes through files in the sandbox, since the server hands over text, and of both
    /// streams together: it comes when the run is over, in pieces.
    func run(
        _ request: RunRequest, onOutput: @Sendable (OutputChunk) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> RunEnd {
        let began = ContinuousClock.now
        let script = ImageRunScript(
            words: try request.words(), outputLimit: request.outputLimit, mergesStderr: request.mergesStderr,
            id: ImageCommand.randomID())
        let directory = try request.directory(in: workDirectory)
        do throws(SandboxError) {
            _ = try await files.write(try SandboxPath(script.stdinPath), contents: request.stdin, mode: 0o600)
            let (_, code, _, isTimeout) = try await send(script.text, directory: directory, timeout: request.timeout)
            guard let code else {
                throw .outcomeUnknown("the exec server did not say how the command ended")
            }
            var meter = OutputMeter(limit: request.outputLimit)
            for stream in request.mergesStderr ? [OutputStream.stdout] : [.stdout, .stderr] {
                try await deliver(try SandboxPath(script.path(of: stream)), stream, &meter, onOutput)
            }
            await clean(script)
            let outcome: RunOutcome =
                meter.isOver ? .outputLimited : isTimeout ? .timedOut : RunOutcome(shellCode: code)
            return meter.end(outcome, duration: began.duration(to: .now))
        } catch {
            await clean(script)
            throw error
        }
    }

    private func deliver(
        _ path: SandboxPath, _ stream: OutputStream, _ meter: inout OutputMeter,
        _ onOutput: @Sendable (OutputChunk) async throws(SandboxError) -> Void
    ) async throws(SandboxError) {
        var offset: Int64 = 0
        while true {
            let slice = try await files.readBytes(path, offset: offset, length: Self.inlineBytes)
            let (chunk, isOver) = meter.take(stream, slice.bytes)
            if let chunk { try await onOutput(chunk) }
            offset += Int64(slice.bytes.count)
            if slice.isAtEnd || isOver || slice.bytes.isEmpty { return }
        }
    }

    /// `code` is nil where the server does not say it.
    private func send(
        _ command: String, directory: String, timeout: Duration
    ) async throws(SandboxError) -> (output: String, code: Int?, isTruncated: Bool, isTimeout: Bool) {
        let line = ImageCommand(
            command: command, directory: directory, timeout: timeout, id: ImageCommand.randomID())
        let began = ContinuousClock.now
        do throws(SandboxError) {
            let result = try await shell.send(line.line, timeout: .seconds(line.seconds))
            let isTimeout =
                [124, 137, 143].contains(result.exitCode) && began.duration(to: .now) >= .seconds(line.seconds)
            return (result.output ?? "", result.exitCode, result.truncated ?? false, isTimeout)
        } catch {
            // Whoever goes away, or waits too long, leaves a process behind that nobody ends.
            if error.kind == .cancelled || error.kind == .outcomeUnknown { await detached(line.killLine) }
            throw error
        }
    }

    private func clean(_ script: ImageRunScript) async { await detached(script.cleanLine) }

    /// Best effort and bounded. The calling task may be cancelled, which would cancel this request too: hence a task of
    /// its own, which ends before this returns.
    private func detached(_ line: String) async {
        let shell = shell
        await Task { _ = try? await shell.send(line, timeout: Self.killTimeout) }.value
    }
}
