import SandboxCore
import Synchronization

extension PodShell: ShellRunner {
    var maximumOutputBytes: Int { 4 << 20 }
    /// One argument of execve(2), less what quoting may add.
    var maximumCommandBytes: Int { 120_000 }
    var supportsInput: Bool { true }

    func runShell(
        _ script: String, input: [UInt8]?, timeout: Duration
    ) async throws(SandboxError) -> ShellResult {
        let command = PodCommand(argv: ["sh", "-c", script], directory: "/", timeout: timeout, stdin: input ?? [])
        let collected = Mutex(ShellResult(stdout: [], exitCode: 0))
        let limit = maximumOutputBytes
        let end = try await run(command) { (stream: OutputStream, bytes: [UInt8]) throws(SandboxError) in
            collected.withLock { result in
                let room = limit &- result.stdout.count &- result.stderr.count
                if bytes.count > room { result.truncated = true }
                switch stream {
                case .stdout: result.stdout += bytes.prefix(room)
                case .stderr: result.stderr += bytes.prefix(room)
                }
            }
        }
        switch end {
        case .timedOut:
            throw SandboxError(.deadlineExceeded, "the sandbox did not finish in \(timeout / .seconds(1)) s")
        case .exited(let code): collected.withLock { $0.exitCode = code }
        case .noDirectory: collected.withLock { $0.exitCode = 1 }
        }
        return collected.withLock { $0 }
    }

    func streamShell(
        _ script: String, timeout: Duration, onOutput: @Sendable ([UInt8]) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> Int {
        let command = PodCommand(argv: ["sh", "-c", script], directory: "/", timeout: timeout)
        let end = try await run(command) { (stream: OutputStream, bytes: [UInt8]) async throws(SandboxError) in
            if stream == .stdout { try await onOutput(bytes) }
        }
        switch end {
        case .timedOut:
            throw SandboxError(.deadlineExceeded, "the sandbox did not finish in \(timeout / .seconds(1)) s")
        case .exited(let code): return code
        case .noDirectory: return 1
        }
    }
}
