package import HTTPTransport
package import SandboxCore

/// A sandbox behind podkeeper-execd's `/v1` API.
package struct ExecSandbox: Sandbox {
    /// execd sends something at least every `ExecLimits.keepAliveSeconds`; four times that without a byte means that
    /// it, its host or the way to it is lost.
    package static let silenceLimit = Duration.seconds(60)

    let connection: ExecConnection
    package let workDirectory: String
    let silenceLimit: Duration
    /// Added to every run's own, which win.
    private var environment: [String: String] = [:]

    package init(
        connection: ExecConnection, workDirectory: String, silenceLimit: Duration = ExecSandbox.silenceLimit
    ) {
        self.connection = connection
        self.workDirectory = workDirectory
        self.silenceLimit = silenceLimit
    }

    /// See `ExecConnection` for `baseURL`.
    package init(
        http: any HTTPExchange, baseURL: String, endpoint: HTTPEndpoint = HTTPEndpoint(), token: String,
        workDirectory: String
    ) {
        let connection = ExecConnection(http: http, baseURL: baseURL, endpoint: endpoint, token: token)
        self.init(connection: connection, workDirectory: workDirectory)
    }

    package func adding(environment: [String: String]) -> any Sandbox {
        var sandbox = self
        sandbox.environment.merge(environment) { _, new in new }
        return sandbox
    }

    func inEnvironment(_ request: RunRequest) -> RunRequest {
        var request = request
        request.environment.merge(environment) { own, _ in own }
        return request
    }

    package func execute(_ command: String, timeout: Duration) async throws(SandboxError) -> ExecuteResult {
        var output = ExecuteOutput()
        let request = RunRequest(
            argv: ["sh", "-c", command], runID: Self.randomRunID(), timeout: timeout,
            // The command is not killed for its output: what is over the limit is dropped as it comes.
            outputLimit: .max, mergesStderr: true)
        do {
            let end = try await ExecRun(connection: connection, silenceLimit: silenceLimit)
                .perform(inEnvironment(request)) { (chunk: OutputChunk) throws(SandboxError) in
                    output.append(chunk.bytes)
                }
            return output.result(end.outcome)
        } catch {
            switch error.kind {
            case .sandboxGone, .backendUnavailable, .cancelled, .deadlineExceeded, .overloaded, .draining: throw error
            default: return .failure(error.message)
            }
        }
    }

    package func run(
        _ request: RunRequest, onOutput: @Sendable (OutputChunk) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> RunEnd {
        try await ExecRun(connection: connection, silenceLimit: silenceLimit).perform(
            inEnvironment(request), onOutput: onOutput)
    }

    /// Unique enough that no two runs of a sandbox ever share one: 128 random bits.
    private static func randomRunID() -> String {
        "execute-" + String(UInt64.random(in: .min ... .max), radix: 36)
            + String(UInt64.random(in: .min ... .max), radix: 36)
    }
}
