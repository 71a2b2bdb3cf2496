import Foundation
import HTTPTransport
import Logging
import Synchronization
import Testing

@testable import KubernetesClient

@Suite struct ConfigurationTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func source(
        _ configuration: KubernetesConfiguration, readFile: @escaping FileReader = Files.read
    ) -> CredentialSource {
        CredentialSource(configuration, logger: quiet, readFile: readFile)
    }

    @Test(arguments: [
        ("https://h", false, "https://h/p"), ("https://h:1/a/b/", false, "https://h:1/a/b/p"),
        ("h:8080", false, "http://h:8080/p"), ("h:8080", true, "https://h:8080/p"),
        ("HTTPS://[fd00::1]:443//x//y?q#f", false, "https://[fd00::1]:443/x/y/p"),
    ])
    func addresses(_ text: String, _ hasTLS: Bool, _ url: String) throws {
        #expect(try ServerAddress(text, hasTLSMaterial: hasTLS).url(path: "/p") == url)
    }

    @Test(arguments: [
        "", "https://", "ftp://h", "https:///x", "https://u:p@h", "https://h h", "https://h\r\nX: y", "://",
    ])
    func badAddresses(_ text: String) {
        #expect(throws: KubernetesError.self) { try ServerAddress(text) }
    }

    @Test("T11 Credentials never go over http") func credentialsNeverGoOverHTTP() async throws {
        var identity = KubernetesConfiguration.Identity()
        identity.token = "secret"
        identity.impersonatedUser = "root"
        var tls = KubernetesConfiguration.TLS()
        tls.clientCertificate = .bytes([1])
        tls.clientKey = .bytes([1])
        let configuration = KubernetesConfiguration(
            server: try ServerAddress("http://h"), tls: tls, identity: identity, origin: "test")
        let snapshot = try await Self.source(configuration).snapshot()
        #expect(snapshot.headers.isEmpty)
        #expect(snapshot.endpoint.tls == nil)
    }

    @Test("T26 Impersonation headers") func impersonationHeaders() async throws {
        var identity = KubernetesConfiguration.Identity()
        identity.username = "u"
        identity.password = "p:w"
        identity.impersonatedUser = "jane"
        identity.impersonatedUID = "7"
        identity.impersonatedGroups = ["a", "b"]
        identity.impersonatedExtra = ["x/y": ["1", "2"]]
        let configuration = KubernetesConfiguration(
            server: try ServerAddress("https://h"), identity: identity, origin: "test")
        let fields = try await Self.source(configuration).snapshot().headers
        #expect(
            fields.map { "\($0.name): \($0.value)" } == [
                "Authorization: Basic dTpwOnc=", "Impersonate-User: jane", "Impersonate-Uid: 7", "Impersonate-Group: a",
                "Impersonate-Group: b", "Impersonate-Extra-x%2Fy: 1", "Impersonate-Extra-x%2Fy: 2",
            ])
    }

    /// A file whose contents the test changes; nil is a file that cannot be read.
    private final class ChangingFile: Sendable {
        let contents = Mutex<String?>("first")
        let reads = Mutex(0)

        var reader: FileReader {
            { [self] (_) throws(KubernetesError) in
                reads.withLock { $0 += 1 }
                guard let text = contents.withLock({ $0 }) else { throw .configuration("gone") }
                return Array(text.utf8)
            }
        }
    }

    @Test("T19 Token files are read again when due") func tokenFilesAreReadAgainWhenDue() async throws {
        let file = ChangingFile()
        var identity = KubernetesConfiguration.Identity()
        identity.token = "inline"
        identity.tokenFile = "/token"
        let configuration = KubernetesConfiguration(
            server: try ServerAddress("https://h"), identity: identity, origin: "test")
        let source = Self.source(configuration, readFile: file.reader)
        let start = ContinuousClock.now
        func token(after seconds: Int) async throws -> String? {
            try await source.snapshot(now: start + .seconds(seconds)).headers.first?.value
        }
        #expect(try await token(after: 0) == "Bearer first")
        file.contents.withLock { $0 = "second\n" }
        #expect(try await token(after: 49) == "Bearer first")
        #expect(try await token(after: 50) == "Bearer second")
        // Empty and unreadable files leave the last good token in use.
        file.contents.withLock { $0 = " \n" }
        #expect(try await token(after: 101) == "Bearer second")
        file.contents.withLock { $0 = nil }
        #expect(try await token(after: 152) == "Bearer second")
        // A 401 has it read at once.
        let used = try await source.snapshot(now: start + .seconds(153))
        let refusal = KubernetesError(.unauthorized, "")
        #expect(await source.refreshed(after: refusal, used: used, now: start + .seconds(153)) == nil)
        file.contents.withLock { $0 = "third" }
        #expect(
            await source.refreshed(after: KubernetesError(.server, ""), used: used, now: start + .seconds(154)) == nil)
        #expect(await source.refreshed(after: refusal, used: used, now: start + .seconds(154)) != nil)
        #expect(try await token(after: 155) == "Bearer third")
    }

    @Test func aTokenFileThatWasNeverReadable() async throws {
        let file = ChangingFile()
        file.contents.withLock { $0 = nil }
        var identity = KubernetesConfiguration.Identity()
        identity.tokenFile = "/token"
        var configuration = KubernetesConfiguration(
            server: try ServerAddress("https://h"), identity: identity, origin: "test")
        let error = await #expect(throws: KubernetesError.self) {
            try await Self.source(configuration, readFile: file.reader).snapshot()
        }
        #expect(error?.kind == .configuration)
        #expect(error?.message.contains("/token") == true)
        configuration.identity.token = "inline"
        let source = Self.source(configuration, readFile: file.reader)
        #expect(try await source.snapshot().headers.first?.value == "Bearer inline")
    }

    @Test("T14 T30 Authorities are checked and rotated") func authoritiesAreCheckedAndRotated() async throws {
        let good = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
        let file = ChangingFile()
        var tls = KubernetesConfiguration.TLS()
        tls.authority = .file("/ca")
        let configuration = KubernetesConfiguration(
            server: try ServerAddress("https://h"), tls: tls, origin: "test")
        for bad in [
            "", "text", "-----BEGIN CERTIFICATE-----\nAAAA", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        ] {
            file.contents.withLock { $0 = bad }
            let error = await #expect(throws: KubernetesError.self) {
                try await Self.source(configuration, readFile: file.reader).snapshot()
            }
            #expect(error?.message.contains("unable to load root certificates") == true)
        }
        file.contents.withLock { $0 = good }
        let source = Self.source(configuration, readFile: file.reader)
        let start = ContinuousClock.now
        let used = try await source.snapshot(now: start)
        file.contents.withLock { $0 = "" }
        #expect(try await source.snapshot(now: start + .seconds(301)).endpoint == used.endpoint)
        file.contents.withLock { $0 = good + "\n" + good }
        #expect(try await source.snapshot(now: start + .seconds(302)).endpoint == used.endpoint)
        var failure = KubernetesError(.transport, "")
        failure.isTLSFailure = true
        #expect(await source.refreshed(after: failure, used: used, now: start + .seconds(303)) != nil)
        #expect(try await source.snapshot(now: start + .seconds(304)).endpoint != used.endpoint)
    }

    @Test("T03 T10 T29 T32 The pod's service account: address, namespace, CA") func inCluster() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/kubeclient-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: directory + "/" + name))
        }
        func load(_ environment: [String: String]) throws(KubernetesError) -> KubernetesConfiguration {
            try KubernetesConfiguration.load(
                kubeconfigPath: nil, context: nil, namespace: nil, environment: environment,
                serviceAccountDirectory: directory, readFile: Files.read, exists: Files.exists)
        }
        let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
        #expect(throws: KubernetesError.self) { try load(environment) }
        try write("token", "abc\n")
        // Without the authority's certificate the token would go to anybody with a public one.
        let error = #expect(throws: KubernetesError.self) { try load(environment) }
        #expect(error?.message.contains("ca.crt") == true)
        try write("ca.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        var configuration = try load(environment)
        #expect(configuration.server.url(path: "/x") == "https://[fd00::1]:443/x")
        #expect(configuration.namespace == "default")
        #expect(try await Self.source(configuration).snapshot().headers.first?.value == "Bearer abc")
        try write("namespace", "from-file\n")
        configuration = try load(environment)
        #expect(configuration.namespace == "from-file")
        #expect(try load(environment.merging(["POD_NAMESPACE": "from-env"]) { $1 }).namespace == "from-env")
        // An empty kubeconfig and a missing one leave the pod's account, and the log says what was not there.
        let missing = try load(environment.merging(["KUBECONFIG": "/no/such/a:/no/such/b"]) { $1 })
        #expect(missing.origin == "the pod's service account (Config not found: /no/such/a, /no/such/b)")
        let outside = #expect(throws: KubernetesError.self) {
            try KubernetesConfiguration.inCluster(environment: [:])
        }
        #expect(
            outside?.message
                == "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be "
                + "defined")
    }

    @Test func filesThatAreNoFiles() throws {
        let error = #expect(throws: KubernetesError.self) { try Files.read("/dev/zero") }
        #expect(error?.message == "not a regular file")
        #expect(throws: KubernetesError.self) { try Files.read("/tmp") }
        #expect(throws: KubernetesError.self) { try Files.read("/no/such/file") }
    }
}
