import ExecAPI
import FoundationEssentials
package import HTTPTransport
package import SandboxCore

/// The way to one podkeeper-execd: where it listens, and the token that it wants to see.
package struct ExecConnection: Sendable {
    /// Reading and changing files.
    static let fileTimeout = Duration.seconds(30)
    /// Walking a tree.
    static let searchTimeout = Duration.seconds(120)
    /// Enough for the largest `readBytes` and for listings and lines in base64.
    static let maximumResponseBytes = 64 << 20

    private let http: any HTTPExchange
    private let baseURL: String
    private let endpoint: HTTPEndpoint
    private let token: String

    /// `baseURL` is scheme, host, port and, behind a proxy, a path; a slash at the end is ignored.
    package init(http: any HTTPExchange, baseURL: String, endpoint: HTTPEndpoint = HTTPEndpoint(), token: String) {
        self.http = http
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.endpoint = endpoint
        self.token = token
    }

    /// The server that listens on a Unix socket of this host.
    package init(http: any HTTPExchange, unixSocket path: String, token: String) {
        self.init(http: http, baseURL: "http://localhost", endpoint: HTTPEndpoint(unixSocketPath: path), token: token)
    }

    /// Whether the server says that it is ready; needs no token. Throws `backendUnavailable` when it does not answer.
    package func health(timeout: Duration = .seconds(5)) async throws(SandboxError) -> Bool {
        var request = request(.health, timeout: timeout)
        request.headers[ExecHeader.token] = nil
        let response = try await send(request, changes: false)
        return try decode(HealthResult.self, from: response).ready
    }

    /// Who answers. Throws `backendUnavailable` when nobody does, or somebody who refuses the token.
    package func info(timeout: Duration = .seconds(5)) async throws(SandboxError) -> ExecServerInfo {
        let response = try await send(request(.info, timeout: timeout), changes: false)
        return ExecServerInfo(try decode(InfoResult.self, from: response))
    }

    /// `changes`: whether it matters if the server did what was asked although no answer came.
    func call<Result: Decodable>(
        _ route: ExecRoute, _ body: some Encodable, as type: Result.Type, timeout: Duration, changes: Bool = false
    ) async throws(SandboxError) -> Result {
        let response = try await send(request(route, json: body, timeout: timeout), changes: changes)
        return try decode(type, from: response)
    }

    /// A 200, or the error that the answer or its absence amounts to.
    func send(_ request: HTTPRequest, changes: Bool) async throws(SandboxError) -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await http.send(request)
        } catch {
            throw SandboxError(exec: error, changes: changes, limit: request.maximumBodyBytes)
        }
        guard response.status == 200 else {
            throw SandboxError(execStatus: response.status, body: response.body, changes: changes)
        }
        return response
    }

    /// As `HTTPClient.stream`.
    func stream(
        _ request: HTTPRequest, onHead: (HTTPResponseHead) async throws -> Void,
        onChunk: ([UInt8]) async throws -> Void
    ) async throws -> HTTPResponseHead {
        try await http.stream(request, onHead: onHead, onChunk: onChunk)
    }

    func request(_ route: ExecRoute, timeout: Duration?) -> HTTPRequest {
        HTTPRequest(
            method: route.method, url: baseURL + route.rawValue, headers: [ExecHeader.token: token], timeout: timeout,
            maximumBodyBytes: Self.maximumResponseBytes, endpoint: endpoint)
    }

    func request(_ route: ExecRoute, json body: some Encodable, timeout: Duration?) throws(SandboxError) -> HTTPRequest
    {
        var request = request(route, timeout: timeout)
        request.headers["Content-Type"] = "application/json"
        do {
            request.body = Array(try JSONEncoder().encode(body))
        } catch {
            throw SandboxError(.internal, "a request to the exec server cannot be written as JSON: \(error)")
        }
        return request
    }

    func decode<Result: Decodable>(_ type: Result.Type, from response: HTTPResponse) throws(SandboxError) -> Result {
        do {
            return try JSONDecoder().decode(type, from: Data(response.body))
        } catch {
            throw .backendUnavailable(
                "what answers at the sandbox's address is not podkeeper-execd, or one of another version: its answer "
                    + "is not a \(type)")
        }
    }
}
