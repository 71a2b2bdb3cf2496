import KubernetesClient
import SandboxCore
import Synchronization

/// Runs commands in one container through `pods/exec`.
struct PodShell: Sendable {
    /// Beyond the command's own deadline: `timeout`'s two seconds before it kills, and the way there and back.
    private static let slack = Duration.seconds(15)
    private static let killTimeout = Duration.seconds(5)

    let client: KubernetesClient
    let namespace: String
    let pod: String
    let container: String

    enum End: Hashable, Sendable {
        case exited(Int)
        case timedOut
        case noDirectory
    }

    /// Runs a command and hands its output over as it comes; while `onOutput` waits, the command's output waits.
    ///
    /// The command is ended when this throws, as far as the cluster still answers: by a second exec, since a connection
    /// that closes ends nothing in the pod. `timeout` in the pod ends it in any case.
    ///
    /// - Throws: what `onOutput` throws; `cancelled`; `backendUnavailable` when nothing ran; `outcomeUnknown`.
    func run(
        _ command: PodCommand, onOutput: @Sendable (OutputStream, [UInt8]) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> End {
        let run = PodShellRun()
        let (arguments, input) = command.invocation(marker: run.marker)
        let request = ExecRequest(namespace: namespace, pod: pod, container: container, command: arguments)
        let began = ContinuousClock.now
        let status = await withoutActuallyEscaping(onOutput) { onOutput in
            await Self.limited(to: .seconds(command.seconds) + Self.slack) { () async throws(KubernetesError) in
                try await client.exec(request, stdin: Self.source(input)) {
                    (piece: ExecOutput) async throws(KubernetesError) in try await run.take(piece, onOutput)
                }
            }
        }
        if let result = run.result {
            return Self.end(result, timeout: command.seconds, elapsed: began.duration(to: .now))
        }
        if let failure = run.failure {
            await kill(run)
            throw failure
        }
        throw await error(status, run: run, seconds: command.seconds)
    }

    private static func source(
        _ input: [UInt8]?
    ) -> (@Sendable (ExecProtocol) async throws(KubernetesError) -> [UInt8])? {
        guard let input else { return nil }
        return { _ in input }
    }

    /// `timeout` of GNU reports 124, of busybox the signal it sent; 137 where only KILL helped. A command that ends
    /// with one of those by itself has not used up its time.
    static func end(_ end: ShellFrame.End, timeout seconds: Int, elapsed: Duration) -> End {
        switch end {
        case .noDirectory: return .noDirectory
        case .exited(let code):
            let isTimeout = [124, 137, 143].contains(code) && elapsed >= .seconds(seconds)
            return isTimeout ? .timedOut : .exited(code)
        }
    }

    /// Why there is no result.
    private func error(
        _ status: Result<ExecStatus, KubernetesError>?, run: PodShellRun, seconds: Int
    ) async -> SandboxError {
        let name = "pod \(namespace)/\(pod)"
        switch status {
        case nil:
            await kill(run)
            return .outcomeUnknown(
                "\(name): the end of the command was not seen \(Self.slack / .seconds(1)) s after its timeout, \(seconds) s"
            )
        case .success(.exited(let code)):
            return .outcomeUnknown(
                "the shell around the command in \(name) ended first (exit code \(code)): the command may still run")
        case .success(.failed(let failure)):
            return Self.error(failure, in: name, container: container, hasStarted: run.shellID != nil)
        case .failure(let error):
            if error.kind == .cancelled {
                await kill(run)
                return .cancelled
            }
            if error.kind == .outcomeUnknown || run.shellID != nil {
                await kill(run)
                return .outcomeUnknown(ClusterText.clean(error.message, limit: 2048))
            }
            return SandboxError(error)
        }
    }

    private static func error(
        _ failure: ExecFailure, in name: String, container: String, hasStarted: Bool
    ) -> SandboxError {
        let message = ClusterText.clean(failure.message, limit: 2048)
        switch failure.kind {
        case _ where hasStarted: return .outcomeUnknown("the connection to \(name) broke: \(message)")
        case .programNotFound, .notExecutable:
            return .invalid("the image of \(name) has no /bin/sh that can be run, which mode api needs: \(message)")
        case .containerNotRunning, .nodeUnreachable, .other:
            return .backendUnavailable("container \(container) of \(name) cannot run commands now: \(message)")
        }
    }

    /// Ends the command's process group. Best effort and bounded. The calling task may be cancelled, which would cancel
    /// this exec too: hence a task of its own, which ends before this returns.
    private func kill(_ run: PodShellRun) async {
        guard run.result == nil, let shell = run.shellID else { return }
        let request = ExecRequest(
            namespace: namespace, pod: pod, container: container, command: ["/bin/sh", "-c", "kill -TERM \(shell)"])
        let client = client
        await Task {
            _ = await Self.limited(to: Self.killTimeout) { () async throws(KubernetesError) in
                try await client.exec(request) { (_: ExecOutput) async throws(KubernetesError) in }
            }
        }.value
    }

    /// Nil when the time is over; `body` is cancelled then.
    private static func limited<Value: Sendable>(
        to limit: Duration, _ body: @Sendable () async throws(KubernetesError) -> Value
    ) async -> Result<Value, KubernetesError>? {
        await withoutActuallyEscaping(body) { body in
            await withTaskGroup(of: Result<Value, KubernetesError>?.self) { group in
                group.addTask {
                    do throws(KubernetesError) {
                        return .success(try await body())
                    } catch {
                        return .failure(error)
                    }
                }
                group.addTask {
                    // Cancelled together with the other task, whose result then counts.
                    guard (try? await Task.sleep(for: limit)) == nil else { return nil }
                    return .failure(KubernetesError(.cancelled, "cancelled"))
                }
                let first = await group.next() ?? nil
                group.cancelAll()
                let second = await group.next() ?? nil
                // Of a cancelled pair the exec's own word is the better one, whichever comes first.
                guard case .failure(let error)? = first, error.kind == .cancelled, let second else { return first }
                return second
            }
        }
    }
}
