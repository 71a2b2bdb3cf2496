import Foundation
import HTTPTransport
import Logging
import Synchronization
import Testing

@testable import KubernetesClient

/// Real plugins: shell scripts, run as processes.
@Suite struct ExecPluginTests {
    private static let version = "client.authentication.k8s.io/v1"
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A plugin that notes each of its runs in the file `runs` beside it.
    private static func plugin(_ body: String, in directory: String) throws -> ExecPlugin {
        let path = directory + "/plugin"
        try Scratch.write("#!/bin/sh\ncd '\(directory)'\necho run >> runs\n\(body)\n", to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return ExecPlugin(
            apiVersion: version, command: path, arguments: ["one arg"],
            environment: ProcessInfo.processInfo.environment.merging(["ADDED": "secret value"]) { $1 },
            installHint: "")
    }

    private static func answer(_ status: String) -> String {
        #"{"kind":"ExecCredential","apiVersion":"\#(version)","status":\#(status)}"#
    }

    private static func runs(_ directory: String) -> Int {
        Scratch.read(directory + "/runs").split(separator: "\n").count
    }

    /// The token is the number of the run.
    private static let counting = "echo '\(answer(#"{"token":"t'$(wc -l < runs | tr -d " ")'"}"#))'"

    @Test("T05 T20 The plugin gets its arguments, its environment and the cluster, a CA file as data")
    func whatThePluginIsTold() async throws {
        try await Scratch.withDirectory { directory in
            try Scratch.write(TLSTexts.certificate, to: directory + "/ca.crt")
            _ = try Self.plugin(
                #"printf %s "$KUBERNETES_EXEC_INFO" > info; printf %s "$1/$ADDED/$HOME" > seen; cat > stdin; "#
                    + "echo '\(Self.answer(#"{"token":"t"}"#))'", in: directory)
            try Scratch.write(
                """
                current-context: x
                contexts: [{name: x, context: {cluster: c, user: u}}]
                clusters:
                - name: c
                  cluster:
                    server: https://h.test:6443/a
                    certificate-authority: ca.crt
                    tls-server-name: k
                    proxy-url: http://proxy.test:3128
                    disable-compression: true
                    extensions:
                    - name: client.authentication.k8s.io/exec
                      extension: {audience: "06f6", n: 5, on: [true, null, 1.5, "true"]}
                users:
                - name: u
                  user:
                    exec:
                      apiVersion: \(Self.version)
                      command: ./plugin
                      args: [one arg]
                      env: [{name: ADDED, value: secret value}]
                      provideClusterInfo: true
                      interactiveMode: IfAvailable
                """, to: directory + "/config")
            let environment = ["HOME": "/home/of/us", "PATH": "/usr/bin:/bin"]
            let configuration = try KubernetesConfiguration.load(
                kubeconfigPath: directory + "/config", environment: environment)
            #expect(configuration.disablesCompression)
            let snapshot = try await CredentialSource(configuration, logger: Self.quiet).snapshot()
            #expect(snapshot.headers == [.init(name: "Authorization", value: "Bearer t")])
            #expect(Scratch.read(directory + "/seen") == "one arg/secret value//home/of/us")
            #expect(FileManager.default.fileExists(atPath: directory + "/stdin"))
            #expect(Scratch.read(directory + "/stdin").isEmpty)
            let data = Data(TLSTexts.certificate.utf8).base64EncodedString()
            #expect(
                Scratch.read(directory + "/info")
                    == #"{"kind":"ExecCredential","apiVersion":"\#(Self.version)","spec":{"interactive":false,"cluster":{"#
                    + #""server":"https://h.test:6443/a","tls-server-name":"k","certificate-authority-data":"\#(data)","#
                    + #""proxy-url":"http://proxy.test:3128","disable-compression":true,"#
                    + #""config":{"audience":"06f6","n":5,"on":[true,null,1.5,"true"]}}}}"#)
        }
    }

    @Test("T22 A credential is kept until it expires; a hundred callers make one run")
    func expiry() async throws {
        try await Scratch.withDirectory { directory in
            let plugin = try Self.plugin(
                "echo '\(Self.answer(#"{"token":"t'$(wc -l < runs | tr -d " ")'","expirationTimestamp":"2030-01-01T00:00:00Z"}"#))'",
                in: directory)
            let clock = Mutex(try Date("2029-12-31T23:00:00Z", strategy: .iso8601))
            var configuration = KubernetesConfiguration(server: try ServerAddress("https://h"), origin: "test")
            configuration.identity.plugin = plugin
            let source = CredentialSource(configuration, logger: Self.quiet, now: { clock.withLock { $0 } })
            let tokens = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<100 { group.addTask { try await source.snapshot().headers.first?.value } }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(tokens == ["Bearer t1"])
            #expect(Self.runs(directory) == 1)
            clock.withLock { $0 += 3500 }
            #expect(try await source.snapshot().headers.first?.value == "Bearer t1")
            clock.withLock { $0 += 101 }
            #expect(try await source.snapshot().headers.first?.value == "Bearer t2")
            #expect(Self.runs(directory) == 2)
        }
    }

    @Test("T22 Parallel requests go out with the token of one run")
    func singleFlight() async throws {
        try await Scratch.withDirectory { directory in
            let plugin = try Self.plugin(Self.counting, in: directory)
            try await withTLSFake(configure: { configuration, _ in configuration.identity.plugin = plugin }, anyPods) {
                client, server, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<50 { group.addTask { try await client.getTestPod() } }
                    try await group.waitForAll()
                }
                #expect(server.authorizations == Array(repeating: "Bearer t1", count: 50))
                #expect(Self.runs(directory) == 1)
            }
        }
    }

    @Test("T23 A 401 makes one run and one retry, a second one surfaces")
    func refusal() async throws {
        try await Scratch.withDirectory { directory in
            let plugin = try Self.plugin(Self.counting, in: directory)
            let script = podsIf { $0.headers["authorization"] == ["Bearer t2"] }
            try await withTLSFake(configure: { configuration, _ in configuration.identity.plugin = plugin }, script) {
                client, server, _ in
                try await client.getTestPod()
                #expect(server.authorizations == ["Bearer t1", "Bearer t2"])
                #expect(Self.runs(directory) == 2)
            }
            try await withTLSFake(
                configure: { configuration, _ in configuration.identity.plugin = plugin }, podsIf { _ in false }
            ) { client, server, _ in
                let error = await #expect(throws: KubernetesError.self) { try await client.getTestPod() }
                #expect(error?.kind == .unauthorized)
                #expect(server.authorizations == ["Bearer t3", "Bearer t4"])
                #expect(Self.runs(directory) == 4)
            }
        }
    }

    @Test("T24 A plugin's new certificate is shown on a new connection, beside its token")
    func certificates() async throws {
        try await Scratch.withDirectory { directory in
            // JSON as a shell can write it: the PEM's line ends become \n.
            let plugin = try Self.plugin(
                #"""
                name=$(cat who)
                text() { awk '{printf "%s\\n", $0}' "$1"; }
                printf '{"apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s","clientCertificateData":"%s","clientKeyData":"%s"}}' \
                  "$name" "$(text "$name.pem")" "$(text "$name.key")"
                """#, in: directory)
            let accepted = Mutex("Bearer alice")
            let script = podsIf { request in
                accepted.withLock { request.headers["authorization"] == [$0] }
            }
            try await withTLSFake(
                configure: { configuration, front in
                    for file in ["alice.pem", "alice.key", "bob.pem", "bob.key"] {
                        try FileManager.default.copyItem(atPath: front.path(file), toPath: directory + "/" + file)
                    }
                    try Scratch.write("alice", to: directory + "/who")
                    configuration.identity.plugin = plugin
                }, script
            ) { client, _, front in
                try await client.getTestPod()
                #expect(try front.handshake().client == "alice")
                try Scratch.write("bob", to: directory + "/who")
                accepted.withLock { $0 = "Bearer bob" }
                // The refusal comes on the old connection, the repeat on one of its own.
                try await client.getTestPod()
                #expect(try front.handshake().client == "bob")
            }
        }
    }

    @Test("T25 A plugin that hangs is killed with its children, and the error names it", .timeLimit(.minutes(1)))
    func hanging() async throws {
        try await Scratch.withDirectory { directory in
            let plugin = try Self.plugin("sleep 1000 & echo $! > child; wait", in: directory)
            let error = await #expect(throws: KubernetesError.self) {
                try await plugin.run(authority: nil, timeout: .seconds(1), logger: Self.quiet)
            }
            #expect(error?.kind == .unauthorized)
            #expect(
                error?.message
                    == "getting credentials: exec: executable \(plugin.command) did not end within 1.0 seconds and was killed"
            )
            let child = try #require(pid_t(Scratch.read(directory + "/child").trimmed))
            // A zombie waits for its reaper, which is not us.
            while !["", "Z"].contains(Self.state(of: child)) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test func cancellationEndsThePluginAndAnotherCallerRunsItAgain() async throws {
        try await Scratch.withDirectory { directory in
            let plugin = try Self.plugin(
                "[ -e go ] && { echo '\(Self.answer(#"{"token":"t"}"#))'; exit; }; "
                    + "echo $$ > started; sleep 1000", in: directory)
            let cache = ExecCredentialCache(plugin, logger: Self.quiet)
            let first = Task { try await cache.credential(authority: nil, now: { Date() }) }
            while !FileManager.default.fileExists(atPath: directory + "/started") {
                try await Task.sleep(for: .milliseconds(5))
            }
            try Scratch.write("", to: directory + "/go")
            async let second = cache.credential(authority: nil, now: { Date() })
            first.cancel()
            await #expect(throws: KubernetesError.self) { try await first.value }
            #expect(try await second.token == "t")
        }
    }

    @Test(
        "T10 What a plugin does wrong",
        arguments: [
            ("exit 3", "getting credentials: exec: executable PLUGIN failed with exit code 3"),
            ("exit 127", "getting credentials: exec: executable PLUGIN failed with exit code 127"),
            ("kill -9 $$", "getting credentials: exec: executable PLUGIN was ended by signal 9"),
            ("echo nonsense", "getting credentials: decoding stdout: not an ExecCredential (9 bytes)"),
            (
                #"echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"t"}}'"#,
                "getting credentials: exec plugin is configured to use API version client.authentication.k8s.io/v1, "
                    + "plugin returned version client.authentication.k8s.io/v1beta1"
            ),
            (
                #"echo '{"apiVersion":"client.authentication.k8s.io/v1"}'"#,
                "getting credentials: exec plugin didn't return a status field"
            ),
            (
                #"echo '{"apiVersion":"client.authentication.k8s.io/v1","status":{}}'"#,
                "getting credentials: exec plugin didn't return a token or cert/key pair"
            ),
            (
                #"echo '{"apiVersion":"client.authentication.k8s.io/v1","status":{"clientKeyData":"k"}}'"#,
                "getting credentials: exec plugin returned only certificate or key, not both"
            ),
            (
                #"echo '{"apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t","expirationTimestamp":"x"}}'"#,
                "getting credentials: decoding stdout: expirationTimestamp is not a time of RFC 3339"
            ),
        ])
    func badPlugins(_ body: String, _ text: String) async throws {
        try await Scratch.withDirectory { directory in
            let plugin = try Self.plugin(body, in: directory)
            let error = await #expect(throws: KubernetesError.self) {
                try await plugin.run(authority: nil, logger: Self.quiet)
            }
            #expect(error?.message == text.replacing("PLUGIN", with: plugin.command))
            #expect(error?.requestMayHaveReachedServer == false)
        }
    }

    @Test("T10 A missing plugin is named, with the hint and without its control characters")
    func missingPlugin() async throws {
        let plugin = ExecPlugin(
            apiVersion: Self.version, command: "no-such-plugin", arguments: [], environment: ["PATH": "/usr/bin"],
            installHint: "get it\u{1B}[31m at x")
        let error = await #expect(throws: KubernetesError.self) {
            try await plugin.run(authority: nil, logger: Self.quiet)
        }
        #expect(
            error?.message == "getting credentials: exec: executable no-such-plugin not found; get it [31m at x")
    }

    @Test func yamlAnswersAndFractionsOfSecondsAreRead() throws {
        let text = """
            apiVersion: \(Self.version)
            status: {token: abc, expirationTimestamp: "2030-01-01T00:00:00.5+01:00"}
            """
        let credential = try ExecCredential(output: Array(text.utf8), apiVersion: Self.version)
        #expect(credential.token == "abc")
        #expect(credential.expiry?.timeIntervalSince1970 == 1_893_452_400.5)
    }

    @Test func anOldCredentialStaysWhileItIsGood() async throws {
        try await Scratch.withDirectory { directory in
            let plugin = try Self.plugin(
                "[ -e broken ] && exit 1; echo '"
                    + Self.answer(#"{"token":"t","expirationTimestamp":"2030-01-01T00:00:00Z"}"#) + "'", in: directory)
            let start = try Date("2029-12-31T23:00:00Z", strategy: .iso8601)
            let cache = ExecCredentialCache(plugin, logger: Self.quiet)
            _ = try await cache.credential(authority: nil, now: { start })
            try Scratch.write("", to: directory + "/broken")
            // Due for renewal, not expired yet.
            #expect(try await cache.credential(authority: nil, now: { start + 3590 }).token == "t")
            await #expect(throws: KubernetesError.self) {
                try await cache.credential(authority: nil, now: { start + 3601 })
            }
        }
    }

    /// By /proc; empty when there is no such process.
    private static func state(of pid: pid_t) -> String {
        guard let file = fopen("/proc/\(pid)/stat", "re") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = fread(&bytes, 1, bytes.count, file)
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        return text.split(separator: ")").last?.split(separator: " ").first.map(String.init) ?? ""
    }
}

enum TLSTexts {
    static let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
}
