import HTTPTransport
import Logging
import Synchronization

@testable import KubernetesClient

/// Runs `body` with a scripted server behind real TLS, and a client of it that trusts it and that `configure` has
/// given its identity.
func withTLSFake(
    certificate: String = "server", logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    configure: (inout KubernetesConfiguration, TLSFront) throws -> Void = { _, _ in },
    _ script: @escaping @Sendable (FakeAPIServer.Connection) -> Void,
    _ body: (KubernetesClient, FakeAPIServer, TLSFront) async throws -> Void
) async throws {
    let server = try FakeAPIServer(script)
    defer { server.stop() }
    let front = try TLSFront(before: server, certificate: certificate)
    var configuration = KubernetesConfiguration(
        server: try ServerAddress("https://127.0.0.1:\(front.port)"), origin: "test")
    configuration.tls.authority = .file(front.path("ca.pem"))
    try configure(&configuration, front)
    try await withClient(configuration, logger: logger) { try await body($0, server, front) }
}

func withClient(
    _ configuration: KubernetesConfiguration,
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ body: (KubernetesClient) async throws -> Void
) async throws {
    let http = try HTTPClient()
    let client = KubernetesClient(configuration: configuration, http: http, logger: logger)
    var failure: (any Error)?
    do {
        try await body(client)
    } catch {
        failure = error
    }
    await http.shutdown()
    if let failure { throw failure }
}

/// Answers every request with a pod if `accepts` it, else with 401.
func podsIf(
    _ accepts: @escaping @Sendable (FakeAPIServer.Request) -> Bool
) -> @Sendable (FakeAPIServer.Connection) -> Void {
    { connection in
        while let request = connection.request() {
            if accepts(request) {
                connection.answer(200, podJSON("p", uid: "u"))
            } else {
                connection.answer(401, statusJSON(401, "Unauthorized", "Unauthorized"))
            }
        }
    }
}

let anyPods = podsIf { _ in true }

extension FakeAPIServer {
    /// What each request carried, in order; nil without one.
    var authorizations: [String?] { requests.map { $0.headers["authorization"]?.first } }
}

extension KubernetesClient {
    func getTestPod() async throws(KubernetesError) {
        _ = try await getPod(namespace: "n", name: "p", timeout: .seconds(30))
    }
}

/// Everything that is logged, as text.
final class LogRecord: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "test") { [self] _ in Handler(record: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let record: LogRecord
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            record.lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
        }
    }
}
