package import HTTPTransport
package import Logging
import Synchronization

/// A client of one cluster's API: pods, their events and logs, watch and exec. Kubernetes 1.20 to 1.36.
///
/// The `HTTPClient` is the caller's, who shuts it down.
package final class KubernetesClient: Sendable {
    /// How long a call may take in all, its retries included, where the caller names no time.
    package static let defaultTimeout = Duration.seconds(90)
    /// What a client allows itself where its owner says nothing else.
    package static let defaultRequestsPerSecond = 50

    package let configuration: KubernetesConfiguration
    let http: HTTPClient
    let credentials: CredentialSource
    /// The client certificate of the last attempt.
    let shownCertificate = Mutex<[UInt8]?>(nil)
    let budget: RequestBudget
    let logger: Logger
    let warnings = WarningLog()
    package let requests = RequestTally()
    /// `name/version (linux/arch)`, for the server's audit log and flow control.
    let userAgent: String
    /// Names us in `managedFields`.
    let fieldManager: String

    /// `version`: of the program, for the `User-Agent`. `requestsPerSecond`: above 0, for requests that somebody waits
    /// for and for those that can wait, each; twice as many go at once.
    package init(
        configuration: KubernetesConfiguration, http: HTTPClient, logger: Logger, name: String = "podkeeper",
        version: String = "0", requestsPerSecond: Int = defaultRequestsPerSecond
    ) {
        budget = RequestBudget(rate: Double(requestsPerSecond))
        self.configuration = configuration
        self.http = http
        self.logger = logger
        credentials = CredentialSource(configuration, logger: logger)
        userAgent = "\(name)/\(version) (linux/\(Self.architecture))"
        fieldManager = name
    }

    private static var architecture: String {
        #if arch(x86_64)
            "amd64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }

    /// The whole HTTP request for one attempt.
    func httpRequest(_ request: APIRequest, with credentials: CredentialSource.Snapshot) -> HTTPRequest {
        var headers = HTTPHeaders([
            .init(name: "User-Agent", value: userAgent), .init(name: "Accept", value: request.accept),
        ])
        if request.body != nil { headers.add("Content-Type", request.contentType) }
        for field in credentials.headers { headers.add(field.name, field.value) }
        var message = HTTPRequest(
            method: request.method, url: configuration.server.url(path: request.target), headers: headers,
            body: request.body, timeout: request.attemptTimeout, maximumBodyBytes: request.maximumBodyBytes,
            endpoint: credentials.endpoint, repeatable: request.isRepeatable)
        message.acceptsGzip = request.acceptsGzip && !configuration.disablesCompression
        return message
    }
}
