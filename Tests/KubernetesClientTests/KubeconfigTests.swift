import HTTPTransport
import Logging
import Testing

@testable import KubernetesClient

@Suite struct KubeconfigTests {
    /// Files by path; stands for the file system where only the rules matter.
    struct Disk: Sendable {
        var files: [String: String]

        var reader: FileReader {
            { (path) throws(KubernetesError) in
                guard let text = files[path] else { throw .configuration("No such file or directory") }
                return Array(text.utf8)
            }
        }

        func load(
            path: String? = nil, context: String? = nil, namespace: String? = nil, environment: [String: String] = [:]
        ) throws(KubernetesError) -> KubernetesConfiguration {
            try KubernetesConfiguration.load(
                kubeconfigPath: path, context: context, namespace: namespace, environment: environment,
                serviceAccountDirectory: "/nowhere", readFile: reader, exists: { files[$0] != nil })
        }
    }

    static let full = """
        apiVersion: v1
        kind: Config
        preferences: {colors: true}
        extensions: [{name: x, extension: {a: [1, 2]}}]
        unknown-field: {deep: [true]}
        current-context: main
        clusters:
        - name: c
          cluster:
            server: https://example.test:6443/k8s/clusters/c1/?x=1#y
            certificate-authority: pki/ca.crt
            tls-server-name: kubernetes
            proxy-url: socks5://proxy.test:1080
            extensions: [{name: z}]
        users:
        - name: u
          user: {client-certificate: ./pki/u.crt, client-key: /abs/u.key, tokenFile: token}
        contexts:
        - name: main
          context: {cluster: c, user: u, namespace: agents}
        """

    private static let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

    @Test("T05 Every field; relative paths start from their own file") func everyFieldAndRelativePaths() async throws {
        let disk = Disk(files: [
            "/etc/kube/config": Self.full, "/etc/kube/pki/ca.crt": Self.certificate, "/etc/kube/./pki/u.crt": "cert",
            "/abs/u.key": "key", "/etc/kube/token": " abc\n",
        ])
        let configuration = try disk.load(path: "/etc/kube/config")
        #expect(configuration.server.url(path: "/api/v1") == "https://example.test:6443/k8s/clusters/c1/api/v1")
        #expect(configuration.namespace == "agents")
        #expect(configuration.tls.authority == .file("/etc/kube/pki/ca.crt"))
        #expect(configuration.tls.clientCertificate == .file("/etc/kube/./pki/u.crt"))
        #expect(configuration.tls.clientKey == .file("/abs/u.key"))
        #expect(configuration.tls.serverName == "kubernetes")
        #expect(configuration.identity.tokenFile == "/etc/kube/token")
        #expect(configuration.proxy == "socks5h://proxy.test:1080")
        #expect(configuration.origin.contains("/etc/kube/config"))
        #expect(try disk.load(path: "/etc/kube/config", namespace: "other").namespace == "other")
        let snapshot = try await CredentialSource(
            configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, readFile: disk.reader
        ).snapshot()
        #expect(snapshot.headers == [.init(name: "Authorization", value: "Bearer abc")])
        #expect(snapshot.endpoint.tls?.caPEM == Array(Self.certificate.utf8))
        #expect(snapshot.endpoint.tls?.serverName == "kubernetes")
    }

    @Test("T01 The first file wins an entry, whole") func firstFileWinsAnEntryWhole() throws {
        let disk = Disk(files: [
            "/a": "users: [{name: u, user: {username: me}}]",
            "/b": """
            users: [{name: u, user: {token: not-this, username: nor-this}}, {name: v, user: {token: t}}]
            clusters: [{name: c, cluster: {server: "https://h"}}]
            contexts: [{name: x, context: {cluster: c, user: u}}]
            """,
        ])
        let configuration = try disk.load(context: "x", environment: ["KUBECONFIG": "/a:/b"])
        #expect(configuration.identity.username == "me")
        #expect(configuration.identity.token == nil)
    }

    @Test("T02 T03 T04 A first file with only the current context; missing, repeated and empty names")
    func firstFileHoldsOnlyTheCurrentContext() throws {
        let disk = Disk(files: [
            "/a": "current-context: x",
            "/b": """
            current-context: y
            clusters: [{name: c, cluster: {server: "https://x"}}, {name: d, cluster: {server: "https://y"}}]
            contexts: [{name: x, context: {cluster: c}}, {name: y, context: {cluster: d}}]
            """,
        ])
        #expect(try disk.load(environment: ["KUBECONFIG": "/a:/b"]).server.authority == "x")
        // Repeated and missing files, and empty segments, change nothing.
        #expect(try disk.load(environment: ["KUBECONFIG": ":/a:/missing:/a::/b:"]).server.authority == "x")
    }

    @Test("T03 Nothing found anywhere") func nothingFound() {
        let disk = Disk(files: [:])
        let text = "no configuration has been provided, try setting KUBERNETES_MASTER environment variable"
        for environment in [[:], ["KUBECONFIG": "/m:/n"], ["HOME": "/home/u"]] {
            let error = #expect(throws: KubernetesError.self) { try disk.load(environment: environment) }
            #expect(error?.kind == .configuration)
            #expect(error?.message.contains("invalid configuration: " + text) == true)
        }
        let missing = #expect(throws: KubernetesError.self) { try disk.load(environment: ["KUBECONFIG": "/m:/n"]) }
        #expect(missing?.message.contains("Config not found: /m, /n") == true)
        let explicit = #expect(throws: KubernetesError.self) { try disk.load(path: "/m") }
        #expect(explicit?.message == "error loading config file \"/m\": No such file or directory")
    }

    @Test func homeIsTheLastResort() throws {
        let disk = Disk(files: [
            "/home/u/.kube/config": """
            current-context: x
            clusters: [{name: c, cluster: {server: "https://x"}}]
            contexts: [{name: x, context: {cluster: c}}]
            """
        ])
        let configuration = try disk.load(environment: ["HOME": "/home/u", "KUBECONFIG": ""])
        #expect(configuration.server.authority == "x")
        #expect(configuration.namespace == "default")
    }

    @Test("T06 T07 Shapes of files: empty, JSON, duplicate names, no YAML at all") func shapes() throws {
        #expect(try Kubeconfig(yaml: [], directory: "/").isEmpty)
        #expect(try Kubeconfig(yaml: Array("null\n".utf8), directory: "/").isEmpty)
        let json = #"{"clusters":[{"name":"c","cluster":{"server":"https:\/\/h","certificate-authority":null}}]}"#
        #expect(
            try Kubeconfig(yaml: Array(json.utf8), directory: "/").clusters["c"]
                == Kubeconfig.Cluster(server: "https://h"))
        for (text, words) in [
            ("clusters: [{name: a}, {name: a}]", "duplicate name \"a\" in list"),
            ("clusters: {a: b}", "clusters must be a list"), ("- a", "the top level must be a mapping"),
            ("a: 1\na: 2\n", "a"), ("a: [", ""), ("\u{FFFD}\0", ""),
        ] {
            let error = #expect(throws: KubernetesError.self, "\(text)") {
                try Kubeconfig(yaml: Array(text.utf8), directory: "/")
            }
            #expect(error?.message.contains(words) == true)
        }
        #expect(throws: KubernetesError.self) { try Kubeconfig(yaml: [0xFF, 0xFE, 0x41], directory: "/") }
    }

    /// A YAML resolver would make numbers, booleans and null of these.
    @Test("T08 Scalars keep their text") func scalarsKeepTheirText() throws {
        let text = """
            clusters: [{name: 100000123456, cluster: {server: "https://h"}}]
            users: [{name: 1e3, user: {token: 0012345}}]
            contexts: [{name: 0x10, context: {cluster: 100000123456, user: 1e3, namespace: on}}]
            current-context: 0x10
            """
        let selection = try Kubeconfig(yaml: Array(text.utf8), directory: "/").select()
        #expect(selection.contextName == "0x10")
        #expect(selection.clusterName == "100000123456")
        #expect(selection.userName == "1e3")
        #expect(selection.user.token == "0012345")
        #expect(selection.namespace == "on")
    }

    @Test("T09 Only the selected entries are checked") func onlyTheSelectedEntriesAreChecked() throws {
        let text = """
            current-context: good
            clusters:
            - {name: good, cluster: {server: "https://h"}}
            - {name: bad, cluster: {certificate-authority: a, certificate-authority-data: "%%%"}}
            users:
            - {name: good, user: {token: t}}
            - {name: bad, user: {token: t, username: u, client-certificate-data: AAAA, as-uid: "7"}}
            contexts:
            - {name: good, context: {cluster: good, user: good}}
            - {name: bad, context: {cluster: bad, user: bad}}
            """
        let kubeconfig = try Kubeconfig(yaml: Array(text.utf8), directory: "/")
        #expect(try kubeconfig.select().userName == "good")
        let error = #expect(throws: KubernetesError.self) { try kubeconfig.select(context: "bad") }
        let message = try #require(error?.message)
        #expect(message.hasPrefix("invalid configuration: ["))
        for problem in [
            "no server found for cluster \"bad\"",
            "certificate-authority-data and certificate-authority are both specified for bad. "
                + "certificate-authority-data will override.",
            "more than one authentication method found for bad; found [token basicAuth], only one is allowed",
            "client-key-data or client-key must be specified for bad to use the clientCert authentication method.",
            "requesting uid, groups or user-extra for bad without impersonating a user",
        ] {
            #expect(message.contains(problem))
        }
    }

    @Test(
        "T10 T16 T17 T21 The texts of client-go",
        arguments: [
            ("current-context: x", nil, "context was not found for specified context: x"),
            ("{}", "x", "context \"x\" does not exist"),
            ("contexts: [{name: x, context: {cluster: c, user: u}}]", "x", "auth info \"u\" does not exist"),
            ("contexts: [{name: x, context: {cluster: c}}]", "x", "cluster \"c\" does not exist"),
            ("contexts: [{name: x, context: {}}]", "x", "invalid configuration: cluster has no server defined"),
            (
                "{clusters: [{name: c, cluster: {tls-server-name: a}}], contexts: [{name: x, context: {cluster: c}}]}",
                "x",
                "no server found for cluster \"c\""
            ),
            (
                "{clusters: [{name: c, cluster: {server: h, proxy-url: 'ftp://p'}}], "
                    + "contexts: [{name: x, context: {cluster: c}}]}", "x",
                "unsupported scheme \"ftp\", must be http, https, or socks5"
            ),
            (
                "{clusters: [{name: c, cluster: {server: h, insecure-skip-tls-verify: true, certificate-authority: a}}], "
                    + "contexts: [{name: x, context: {cluster: c}}]}", "x",
                "specifying a root certificates file with the insecure flag is not allowed"
            ),
            (
                "{clusters: [{name: c, cluster: {server: h, insecure-skip-tls-verify: perhaps}}], "
                    + "contexts: [{name: x, context: {cluster: c}}]}", "x", "must be true or false, not \"perhaps\""
            ),
            (
                "{clusters: [{name: c, cluster: {server: h}}], contexts: [{name: x, context: {cluster: c, namespace: A_B}}]}",
                "x", "does not conform to the kubernetes DNS_LABEL rules"
            ),
            (
                "{clusters: [{name: c, cluster: {server: h}}], users: [{name: u, user: {client-certificate: a, "
                    + "client-certificate-data: AA, client-key: k}}], contexts: [{name: x, context: {cluster: c, user: u}}]}",
                "x", "client-cert-data and client-cert are both specified for u. client-cert-data will override."
            ),
            (
                "{clusters: [{name: c, cluster: {server: h}}], users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: aws}}}], "
                    + "contexts: [{name: x, context: {cluster: c, user: u}}]}", "x",
                "interactiveMode must be specified for u to use exec authentication plugin"
            ),
            (
                "{clusters: [{name: c, cluster: {server: h}}], users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Always}}}], "
                    + "contexts: [{name: x, context: {cluster: c, user: u}}]}", "x",
                "exec plugin cannot support interactive mode: standard input is not a terminal"
            ),
            (
                "{clusters: [{name: c, cluster: {server: h}}], users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, interactiveMode: Perhaps}}}], "
                    + "contexts: [{name: x, context: {cluster: c, user: u}}]}", "x",
                "invalid interactiveMode for u: \"Perhaps\""
            ),
            (
                "{clusters: [{name: c, cluster: {server: h}}], users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: aws, interactiveMode: Never}}}], "
                    + "contexts: [{name: x, context: {cluster: c, user: u}}]}", "x",
                "exec plugin: invalid apiVersion \"client.authentication.k8s.io/v1alpha1\""
            ),
            (
                "{clusters: [{name: c, cluster: {server: h}}], users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1}}}], "
                    + "contexts: [{name: x, context: {cluster: c, user: u}}]}", "x",
                "invalid configuration: command must be specified for u to use exec authentication plugin"
            ),
            (
                "{clusters: [{name: c, cluster: {server: h}}], users: [{name: u, user: {exec: {command: aws, interactiveMode: Never}}}], "
                    + "contexts: [{name: x, context: {cluster: c, user: u}}]}", "x",
                "invalid configuration: apiVersion must be specified for u to use exec authentication plugin"
            ),
            (
                "{clusters: [{name: c, cluster: {server: h}}], users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: a, env: [{value: b}]}}}], "
                    + "contexts: [{name: x, context: {cluster: c, user: u}}]}", "x",
                "invalid configuration: env variable name must be specified for u to use exec authentication plugin"
            ),
            (
                "{clusters: [{name: c, cluster: {server: h}}], users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: a}, auth-provider: {name: oidc}}}], "
                    + "contexts: [{name: x, context: {cluster: c, user: u}}]}", "x",
                "authProvider cannot be provided in combination with an exec plugin for u"
            ),
            (
                "{clusters: [{name: c, cluster: {server: h}}], users: [{name: u, user: {auth-provider: {name: gcp}}}], "
                    + "contexts: [{name: x, context: {cluster: c, user: u}}]}", "x",
                "no Auth Provider found for name \"gcp\" of user \"u\"; use an exec plugin"
            ),
            (
                "{clusters: [{name: c, cluster: {server: h}}], users: [{name: u, user: {auth-provider: {name: oidc, config: {client-id: a}}}}], "
                    + "contexts: [{name: x, context: {cluster: c, user: u}}]}", "x",
                "the auth-provider oidc of user \"u\" has no id-token"
            ),
        ] as [(String, String?, String)])
    func texts(_ yaml: String, _ context: String?, _ words: String) throws {
        let kubeconfig = try Kubeconfig(yaml: Array(yaml.utf8), directory: "/")
        let error = #expect(throws: KubernetesError.self) { try kubeconfig.select(context: context) }
        #expect(error?.kind == .configuration)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    /// One user that is given by `stanza`.
    private func load(user stanza: String) throws(KubernetesError) -> KubernetesConfiguration {
        let yaml = """
            {current-context: x, clusters: [{name: c, cluster: {server: "https://h"}}], users: [{name: u, user: \(stanza)}],
            contexts: [{name: x, context: {cluster: c, user: u}}]}
            """
        return try Disk(files: ["/k": yaml]).load(path: "/k", environment: ["A": "ours", "B": "ours"])
    }

    @Test func aPluginBesideATokenIsNotRun() throws {
        let exec = "{apiVersion: client.authentication.k8s.io/v1, command: a, interactiveMode: Always}"
        let configuration = try load(user: "{token: t, exec: \(exec)}")
        #expect(configuration.identity.token == "t")
        #expect(configuration.identity.plugin == nil)
    }

    @Test("T21 A plugin of v1beta1 needs no interactiveMode; its environment is added to ours")
    func betaPlugin() throws {
        let exec = "{apiVersion: client.authentication.k8s.io/v1beta1, command: a, env: [{name: B, value: 1e3}]}"
        let plugin = try #require(try load(user: "{exec: \(exec)}").identity.plugin)
        #expect(plugin.environment == ["A": "ours", "B": "1e3"])
        #expect(plugin.cluster == nil)
        #expect(plugin.info(authority: nil).contains(#""spec":{"interactive":false}"#))
    }

    @Test func anIDTokenOfOIDCIsATokenLikeAnother() throws {
        let configuration = try load(user: "{auth-provider: {name: oidc, config: {id-token: abc, refresh-token: r}}}")
        #expect(configuration.identity.token == "abc")
    }

    @Test("T11 An http server's client certificate is not even looked at") func certificatesOverHTTP() throws {
        let disk = Disk(files: [
            "/k": """
            {current-context: x, clusters: [{name: c, cluster: {server: "http://h"}}],
            users: [{name: u, user: {client-certificate: gone.crt, client-key: gone.key}}],
            contexts: [{name: x, context: {cluster: c, user: u}}]}
            """
        ])
        #expect(try disk.load(path: "/k").tls.clientCertificate == nil)
    }

    @Test func unreadableAndBrokenMaterialIsReportedTogether() {
        let disk = Disk(files: [
            "/k": """
            {current-context: x, clusters: [{name: c, cluster: {server: "https://h", certificate-authority-data: "!"}}],
            users: [{name: u, user: {client-certificate: gone.crt, client-key: gone.key}}],
            contexts: [{name: x, context: {cluster: c, user: u}}]}
            """
        ])
        let error = #expect(throws: KubernetesError.self) { try disk.load(path: "/k") }
        let message = error?.message ?? ""
        #expect(message.contains("certificate-authority-data for c is not base64"))
        #expect(message.contains("unable to read client-cert //gone.crt for u due to No such file or directory"))
        #expect(message.contains("unable to read client-key //gone.key for u due to No such file or directory"))
    }

    @Test func inlineDataMayBeWrapped() throws {
        let disk = Disk(files: [
            "/k": """
            current-context: x
            clusters:
            - name: c
              cluster:
                server: h:6443
                certificate-authority-data: |
                  aGVs
                  bG8=
            contexts: [{name: x, context: {cluster: c}}]
            """
        ])
        let configuration = try disk.load(path: "/k")
        #expect(configuration.tls.authority == .bytes(Array("hello".utf8)))
        // Certificates say https, where the address itself says nothing.
        #expect(configuration.server.isTLS)
    }
}
