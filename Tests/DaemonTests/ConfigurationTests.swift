import Foundation
import KubernetesSandbox
import Testing

@testable import Daemon

@Suite
struct ConfigurationTests {
    private func problem(_ yaml: String) -> String? {
        do {
            _ = try DaemonConfiguration(yaml: yaml, file: "p.yaml")
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func anEmptyFileIsTheDefaults() throws {
        for text in ["", "# nothing\n", "{}\n", "sessions:\n"] {
            let configuration = try DaemonConfiguration(yaml: text, file: "p.yaml")
            #expect(configuration.sessions == SessionSettings())
            #expect(configuration.access == AccessSettings())
        }
    }

    @Test func everyValueArrives() throws {
        let configuration = try DaemonConfiguration(
            yaml: """
                backend: kubernetes
                access: {socket_mode: "0600", operators: {uids: [1000, root], groups: []}}
                sessions: {idle_timeout: 0.5, max_lifetime: null, max_sessions_per_owner: 7, on_shutdown: release}
                kubernetes: {namespace: agents, execd_image: "a/b:1", connect: auto, requests_per_second: 2e2}
                limits: {max_message_bytes: 65536}
                profiles:
                  default: {image: 3.10, mode: api, env: {ON: yes, N: 1e3}, delete_on_stop: false}
                """, file: "p.yaml")
        #expect(configuration.backend == .kubernetes)
        #expect(configuration.access.socketMode == 0o600)
        #expect(configuration.access.operators.uids == [1000, 0])
        #expect(configuration.sessions.idleTimeout == .milliseconds(500))
        #expect(configuration.sessions.maxLifetime == nil)
        #expect(configuration.sessions.maxSessionsPerOwner == 7)
        #expect(configuration.sessions.onShutdown == .release)
        #expect(configuration.kubernetes.execdImage == "a/b:1")
        #expect(configuration.kubernetes.requestsPerSecond == 200)
        #expect(configuration.limits.maxMessageBytes == 65536)
        let profile = try #require(configuration.profiles.first)
        #expect(profile.image == "3.10")
        #expect(profile.mode == .api)
        #expect(profile.env == ["ON": "yes", "N": "1e3"])
        #expect(profile.deleteOnStop == false)
    }

    @Test func numbersMayHaveExponents() throws {
        let configuration = try DaemonConfiguration(
            yaml: """
                sessions: {idle_timeout: 1e3, max_lifetime: 2.5E+3, max_sessions: 1E3, max_queued: 2.0, idle_warning: 1e-9}
                profiles: {default: {image: 1e3, port: 8.08e3}}
                """, file: "p.yaml")
        #expect(configuration.sessions.idleTimeout == .seconds(1000))
        #expect(configuration.sessions.maxLifetime == .seconds(2500))
        #expect(configuration.sessions.maxSessions == 1000)
        #expect(configuration.sessions.maxQueued == 2)
        #expect(configuration.sessions.idleWarning == .milliseconds(1))
        #expect(configuration.profiles.first?.image == "1e3")
        #expect(configuration.profiles.first?.port == 8080)
    }

    @Test func variablesThatNoProcessCanBeGivenAreRefused() throws {
        let text = try #require(problem("profiles: {x: {env: {A: \(String(repeating: "v", count: 131_070))}}}\n"))
        #expect(text == "p.yaml: profiles.x.env.A with its name must have at most 131071 bytes, has 131072")
        #expect(problem("profiles: {x: {env: {A: \(String(repeating: "v", count: 131_069))}}}\n") == nil)
    }

    @Test(arguments: [
        ("sesions: {}\n", "p.yaml:1: unknown key 'sesions'; did you mean 'sessions'?"),
        ("limits: {}\nzzz: 1\n", "p.yaml:2: unknown key 'zzz'; known here: access, backend,"),
        ("sessions:\n  max_sesions: 3\n", "p.yaml:2: unknown key 'sessions.max_sesions'; did you mean 'max_sessions'?"),
        ("sessions: {idle_timeout: 0}\n", "p.yaml:1: sessions.idle_timeout must be a number of seconds above 0"),
        ("sessions: {idle_timeout: soon}\n", "must be a number of seconds above 0"),
        ("sessions: {idle_timeout: .inf}\n", "must be a number of seconds above 0"),
        ("sessions: {max_sessions: 1.5}\n", "must be a whole number"),
        ("sessions: {max_sessions: 1e-3}\n", "p.yaml:1: sessions.max_sessions must be a whole number"),
        ("sessions:\n  max_sessions: 1e300\n", "p.yaml:2: sessions.max_sessions must be a whole number"),
        ("sessions: {startup_timeout: -1}\n", "p.yaml:1: sessions.startup_timeout must be a number of seconds above 0"),
        ("profiles: {x: {max_lifetime: 0}}\n", "profiles.x.max_lifetime must be a number of seconds above 0"),
        ("backend: docker\n", "p.yaml:1: backend must be one of: local, kubernetes"),
        ("sessions: 3\n", "p.yaml:1: sessions must be a mapping"),
        ("- 1\n", "p.yaml:1: the file must be a mapping"),
        ("access: {socket_mode: rw}\n", "access.socket_mode must be octal"),
        ("access: {group: no-such-group-here}\n", "there is no group 'no-such-group-here'"),
        ("profiles: {x: {imge: a}}\n", "unknown key 'profiles.x.imge'; did you mean 'image'?"),
        ("profiles: {x: {mode: ssh}}\n", "profiles.x.mode must be one of: http, api"),
        ("sessions: {max_sessions: 1, max_sessions: 2}\n", "p.yaml"),
        ("sessions: {\n", "p.yaml"),
        ("metrics: {listen: 9464}\n", "metrics.listen must be unix:/PATH, 127.0.0.1:PORT or [::1]:PORT, is '9464'"),
        ("metrics: {listen: \"0.0.0.0:9464\"}\n", "nobody but this host may"),
        ("metrics: {listen: \"127.0.0.1:0\"}\n", "is '127.0.0.1:0'"),
        ("metrics: {listen: \"unix:relative\"}\n", "is 'unix:relative'"),
    ])
    func whatIsWrongIsSaid(_ yaml: String, _ expected: String) throws {
        let text = try #require(problem(yaml))
        #expect(text.contains(expected), "\(text)")
        #expect(!text.contains("\n"))
    }

    @Test func metricsAreServedOnThisHostOnly() throws {
        func listener(_ text: String) throws -> MetricsSettings.Listener? {
            try DaemonConfiguration(yaml: "metrics: {listen: \"\(text)\"}", file: "p.yaml").metrics.listener
        }
        #expect(try listener("127.0.0.1:9464") == .tcp(host: "127.0.0.1", port: 9464))
        #expect(try listener("[::1]:9464") == .tcp(host: "::1", port: 9464))
        #expect(try listener("unix:/run/podkeeper/metrics.sock") == .unix(path: "/run/podkeeper/metrics.sock"))
    }

    @Test func aPodTemplateKeepsItsTypes() throws {
        let configuration = try DaemonConfiguration(
            yaml: """
                profiles:
                  x:
                    pod_template:
                      spec:
                        containers: [{name: sandbox, cpu: "1", number: 1, flag: true, word: "yes", plain: yes, none: null}]
                """, file: "p.yaml")
        let container = configuration.profiles.first?.podTemplate?["spec"]?["containers"]?.array?.first?.object
        #expect(
            container == [
                "name": "sandbox", "cpu": "1", "number": 1, "flag": true, "word": "yes", "plain": "yes", "none": .null,
            ])
    }

    @Test func flagsOverrideTheEnvironmentWhichOverridesTheFile() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("podkeeper-\(UUID()).yaml")
        try "backend: local\nsocket: /from-file\nstore: /from-file.db\n".write(
            to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let environment = ["PODKEEPER_SOCKET": "/from-environment", "PODKEEPER_STORE": "/from-environment.db"]
        let loader = ConfigurationLoader(environment: environment, paths: DefaultPaths(uid: 0, environment: [:]))
        var flags = CommandLineSettings()
        flags.configuration = file.path
        flags.store = "/flag/podkeeper.db"
        let configuration = try loader.load(flags)
        #expect(configuration.socket == "/from-environment")
        #expect(configuration.store == "/flag/podkeeper.db")
        #expect(configuration.localState == "/flag/local")
        #expect(configuration.backend == .local)
    }

    @Test func defaultPathsFollowTheUser() {
        #expect(DefaultPaths(uid: 0, environment: ["XDG_RUNTIME_DIR": "/x"]).socket == "/run/podkeeper/podkeeper.sock")
        let user = DefaultPaths(
            uid: 1000,
            environment: ["HOME": "/home/u", "XDG_RUNTIME_DIR": "/run/user/1000", "XDG_STATE_HOME": "relative"])
        #expect(user.socket == "/run/user/1000/podkeeper/podkeeper.sock")
        #expect(user.store == "/home/u/.local/state/podkeeper/podkeeper.db")
        #expect(user.configuration == "/home/u/.config/podkeeper/podkeeper.yaml")
    }

    @Test func aProfileWithoutAnImageIsRefusedOnKubernetes() throws {
        let profile = ProfileSettings(name: "p")
        #expect(throws: ConfigurationError.self) {
            try profile.kubernetesProfile(
                cluster: ClusterSettings(), defaultNamespace: "default", defaultStartupTimeout: .seconds(60))
        }
    }
}
