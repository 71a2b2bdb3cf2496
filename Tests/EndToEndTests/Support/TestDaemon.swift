import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Synchronization
import Testing

/// A real `podkeeperd` in a directory of its own. Started, killed and started again as a test wants; whatever the test
/// does, `run` leaves no process, no sandbox and no file behind.
final class TestDaemon: Sendable {
    let directory: URL
    let route: SandboxRoute
    let socket: String
    private let sessions: String
    /// More lines of the configuration, for the daemons that are started from then on.
    let extra = Shared("")
    private let pool: Mutex<String?>
    private let network: TestNetwork?
    /// Another way to the cluster than the test run's own.
    private let kubeconfig: String?
    private let running = Mutex<RunningDaemon?>(nil)
    private let instance = Mutex<String?>(nil)

    /// Runs `body` with a daemon that has not been started yet. `sessions` are lines of the `sessions` section,
    /// `pool` the section of that name in the profile `warm`; `network` is where the daemon runs; nil is this host's own.
    static func run(
        _ route: SandboxRoute, sessions: String = "{}", pool: String? = nil, network: TestNetwork? = nil,
        kubeconfig: String? = nil, _ body: (TestDaemon) async throws -> Void
    ) async throws {
        // Short, because a socket's path is at most 107 bytes (unix(7)).
        let directory = URL(fileURLWithPath: "/tmp/pk-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        if route.isKubernetes { try await TestCluster.makeNamespace() }
        let daemon = TestDaemon(
            directory: directory, route: route, sessions: sessions, pool: pool, network: network,
            kubeconfig: kubeconfig ?? network?.kubeconfig)
        let outcome: Result<Void, any Error>
        do {
            try await body(daemon)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        // What the test has not stopped itself, because it failed.
        await daemon.running.withLock { $0 }?.kill()
        let cleanUp: Result<Void, any Error>
        do {
            cleanUp = .success(try await daemon.releaseEverything())
        } catch {
            cleanUp = .failure(error)
        }
        try outcome.get()
        try cleanUp.get()
    }

    private init(
        directory: URL, route: SandboxRoute, sessions: String, pool: String?, network: TestNetwork?,
        kubeconfig: String?
    ) {
        self.kubeconfig = kubeconfig
        self.directory = directory
        self.route = route
        self.sessions = sessions
        self.pool = Mutex(pool)
        self.network = network
        socket = directory.appendingPathComponent("s").path
    }

    /// The products of this build are beside the test program (proc(5), /proc/self/exe).
    static func program(_ name: String) -> String {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent(name).path
    }

    /// Starts the daemon and returns once it serves its socket.
    func start(arguments: [String] = []) async throws -> RunningDaemon {
        let file = directory.appendingPathComponent("podkeeper.yaml")
        let yaml = TestConfiguration.yaml(
            route: route, sessions: sessions, pool: pool.withLock { $0 }, kubeconfig: kubeconfig)
        try "\(yaml)\n\(extra.value)\n".write(to: file, atomically: true, encoding: .utf8)
        let program = Self.program("podkeeperd")
        let arguments =
            [
                "--config", file.path, "--socket", socket, "--store",
                directory.appendingPathComponent("podkeeper.db").path, "--log-level", "debug",
            ] + arguments
        let command = network?.command(program, arguments) ?? (program, arguments)
        let daemon = try await RunningDaemon.start(command.0, command.1, socket: socket)
        running.withLock { $0 = daemon }
        let status = try await daemon.client { try await $0.call(DaemonStatus.self, .init()) }
        instance.withLock { $0 = status.instanceID }
        return daemon
    }

    /// On a cluster whatever pods are left; on this host a last daemon on the same store deletes every sandbox.
    private func releaseEverything() async throws {
        if route.isKubernetes {
            guard let instance = instance.withLock({ $0 }) else { return }
            try await TestCluster.kubectl(
                "-n", TestCluster.namespace, "delete", "pods", "-l", "podkeeper.dev/instance=\(instance)",
                "--grace-period=0", "--force", "--wait=false")
            return
        }
        let file = directory.appendingPathComponent("podkeeper.db")
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        // Without a pool: what the test's daemons kept warm is discarded.
        pool.withLock { $0 = nil }
        let daemon = try await start()
        try await daemon.client { client in
            for session in try await client.call(SessionList.self, .init(limit: 1000)).sessions {
                _ = try await client.call(SessionRelease.self, .init(sessionID: session.sessionID))
            }
            while try await client.call(DaemonStatus.self, .init()).pendingDeletions > 0 {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        try await daemon.stop()
    }
}
