import Glibc
import Logging
import ProcessSupervisor
import Synchronization

extension ExecPlugin {
    /// Longer than any login without a person takes; client-go waits for ever.
    static let timeout = Duration.seconds(60)
    /// Of both streams: a token or a certificate with its key, with room to spare.
    private static let maximumOutput = 1 << 20

    /// Runs the plugin to its end, without standard input and in a process group of its own, which is killed at the
    /// deadline and on cancellation.
    ///
    /// Throws `unauthorized` with client-go's sentences. Neither arguments nor environment are in it, nor in the log.
    func run(
        authority: [UInt8]?, timeout: Duration = Self.timeout, logger: Logger
    ) async throws(KubernetesError) -> ExecCredential {
        var environment = environment
        environment["KUBERNETES_EXEC_INFO"] = info(authority: authority)
        let process = ProcessCommand(
            argv: [command] + arguments,
            environment: environment.map { Array("\($0.key)=\($0.value)".utf8) }.filter(ProcessCommand.isValidVariable),
            workingDirectory: Array(Files.workingDirectory.utf8), timeout: timeout,
            outputLimit: Self.maximumOutput)
        guard !process.isMissingItsProgram else {
            let hint = installHint.isEmpty ? "" : "; " + installHint.withoutControls
            throw .credentials("exec: executable \(command) not found\(hint)")
        }
        let output = Mutex<(answer: [UInt8], words: [UInt8])>(([], []))
        let end: ProcessEnd
        do {
            let supervisor = try ProcessSupervisor()
            defer { supervisor.shutdown() }
            end = try await supervisor.run(process, control: RunControl(), onStart: {}) { stream, _, bytes in
                output.withLock { output in
                    switch stream {
                    case .stdout: output.answer += bytes
                    case .stderr: output.words += bytes.prefix(2048 - output.words.count)
                    }
                }
            }
        } catch {
            throw .credentials("exec: \(command): \(error.description)")
        }
        let (answer, words) = output.withLock { $0 }
        if !words.isEmpty {
            logger.notice(
                "exec credential plugin says",
                metadata: [
                    "command": "\(command)",
                    "stderr": "\(String(decoding: words, as: UTF8.self).trimmed.withoutControls)",
                ])
        }
        if Task.isCancelled { throw .cancelled("getting credentials: exec: \(command)") }
        switch end.outcome {
        case .exited(0): return try ExecCredential(output: answer, apiVersion: apiVersion)
        case .exited(let code): throw .credentials("exec: executable \(command) failed with exit code \(code)")
        case .signalled(let signal): throw .credentials("exec: executable \(command) was ended by signal \(signal)")
        case .oomKilled: throw .credentials("exec: executable \(command) ran out of memory")
        case .timedOut: throw .credentials("exec: executable \(command) did not end within \(timeout) and was killed")
        case .outputLimited:
            throw .credentials("exec: executable \(command) wrote more than \(Self.maximumOutput) bytes and was killed")
        }
    }
}
