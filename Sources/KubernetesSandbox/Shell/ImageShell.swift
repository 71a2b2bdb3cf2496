import ExecAPI
import FoundationEssentials
import HTTPTransport
import SandboxCore

/// The image's own exec server, of which only `GET /health` and `POST /exec` are known (the reference's wire).
struct ImageShell: ShellRunner {
    /// Time for the server's answer after the command's own deadline, which the command's shell keeps.
    private static let slack = Duration.seconds(10)
    /// 100 000 characters of up to four bytes, as JSON may write them.
    private static let maximumBodyBytes = 4 << 20

    let maximumOutputBytes = ExecuteResult.maximumOutputBytes
    /// One argument of execve(2), less what stands around it.
    let maximumCommandBytes = 100_000
    let supportsInput = false

    private let http: any HTTPExchange
    private let baseURL: String
    private let token: String

    init(http: any HTTPExchange, baseURL: String, token: String) {
        self.http = http
        self.baseURL = baseURL
        self.token = token
    }

    /// Throws `backendUnavailable` when the server is not ready.
    func health(timeout: Duration) async throws(SandboxError) {
        let request = HTTPRequest(url: baseURL + ExecRoute.health.rawValue, timeout: timeout, maximumBodyBytes: 65_536)
        do {
            let response = try await http.send(request)
            guard !(200...299).contains(response.status) else { return }
            throw SandboxError.backendUnavailable("the exec server answers /health with HTTP status \(response.status)")
        } catch {
            guard let error = error as? HTTPError else { throw SandboxError(wrapping: error) }
            if error.code == .cancelled { throw .cancelled }
            throw .backendUnavailable("the exec server does not answer: \(error.message)")
        }
    }

    /// Sends one shell line, which keeps `timeout` itself. Throws `conflict` for a token that the server refuses.
    func send(_ line: String, timeout: Duration) async throws(SandboxError) -> ReferenceExecResult {
        let seconds = (timeout + Self.slack) / .seconds(1)
        // Whole: the reference's servers take an integer.
        let body = ReferenceExecBody(command: line, timeoutSeconds: seconds.rounded(.up))
        var request = HTTPRequest(
            method: "POST", url: baseURL + ExecRoute.referenceExec.rawValue,
            headers: ["Content-Type": "application/json", ExecHeader.token: token],
            timeout: timeout + Self.slack * 2, maximumBodyBytes: Self.maximumBodyBytes)
        let response: HTTPResponse
        do {
            request.body = Array(try JSONEncoder().encode(body))
            response = try await http.send(request)
        } catch {
            guard let error = error as? HTTPError else { throw SandboxError(wrapping: error) }
            throw Self.error(error)
        }
        switch response.status {
        case 200...299:
            guard let result = try? JSONDecoder().decode(ReferenceExecResult.self, from: Data(response.body)) else {
                throw .outcomeUnknown("the exec server's answer to a command is not what the specification says")
            }
            return result
        case 401, 403:
            throw SandboxError(.conflict, "the exec server in the image refuses the sandbox's token")
        case 500...:
            throw .outcomeUnknown(
                "the exec server answered HTTP status \(response.status): the command ran or may have run. "
                    + Self.words(response))
        default:
            throw .invalid("the exec server answered HTTP status \(response.status): " + Self.words(response))
        }
    }

    func runShell(
        _ script: String, input: [UInt8]?, timeout: Duration
    ) async throws(SandboxError) -> ShellResult {
        let line = ImageCommand(command: script, directory: nil, timeout: timeout, id: ImageCommand.randomID()).line
        let result = try await send(line, timeout: timeout)
        let output = Array((result.output ?? "").utf8)
        return ShellResult(
            stdout: Array(output.prefix(maximumOutputBytes)), exitCode: result.exitCode ?? 1,
            truncated: (result.truncated ?? false) || output.count > maximumOutputBytes)
    }

    func streamShell(
        _ script: String, timeout: Duration, onOutput: @Sendable ([UInt8]) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> Int { throw .needsExecServer("sending a directory") }

    private static func error(_ error: HTTPError) -> SandboxError {
        if error.code == .cancelled { return .cancelled }
        guard error.requestMayHaveReachedServer else {
            return .backendUnavailable("the exec server does not answer: \(error.message)")
        }
        return .outcomeUnknown("the connection to the exec server broke: \(error.message)")
    }

    private static func words(_ response: HTTPResponse) -> String {
        ClusterText.clean(String(decoding: response.body.prefix(512), as: UTF8.self), limit: 512)
    }
}
