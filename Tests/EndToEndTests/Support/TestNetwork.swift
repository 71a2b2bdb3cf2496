import Foundation

/// A network namespace with one neighbour, this host: whoever runs in it reaches the API server on the host's loopback,
/// and pods until `cutOffPods`.
final class TestNetwork: Sendable {
    let name: String
    let kubeconfig: String
    private let link: String
    /// This host's end of the link.
    private let host: String
    private let guest: String
    private let port: Int
    private let directory: URL
    private let redirect: [String]
    private let masquerade: [String]

    /// Whether namespaces can be made, and the cluster's API server listens on this host's loopback.
    static var isPossible: Bool {
        get async {
            guard TestCluster.isAvailable, getuid() == 0 else { return false }
            let tools = ["/usr/sbin/ip", "/usr/sbin/iptables", "/usr/sbin/sysctl"]
            guard tools.allSatisfy(FileManager.default.isExecutableFile) else { return false }
            return (try? await server())?.host() == "127.0.0.1"
        }
    }

    static func use(_ body: (TestNetwork) async throws -> Void) async throws {
        let network = TestNetwork(server: try await server())
        let outcome: Result<Void, any Error>
        do {
            try await network.setUp()
            try await body(network)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await network.remove()
        try outcome.get()
    }

    private init(server: URL) {
        let number = UInt8.random(in: 1...254)
        name = "pk-test-\(number)"
        link = "pkt\(number)"
        // 198.18.0.0/15 is for tests of networks (RFC 2544).
        (host, guest) = ("198.18.\(number).1", "198.18.\(number).2")
        directory = URL(fileURLWithPath: "/tmp/pk-net-\(number)-\(UUID().uuidString.prefix(8))")
        kubeconfig = directory.appendingPathComponent("kubeconfig").path
        port = server.port ?? 443
        redirect = [
            "-i", link, "-p", "tcp", "-d", host, "--dport", "\(port)", "-j", "DNAT", "--to-destination",
            "127.0.0.1:\(port)",
        ]
        masquerade = ["-s", guest, "-j", "MASQUERADE"]
    }

    private func setUp() async throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try await Self.ip("netns", "add", name)
        try await Self.ip("link", "add", link, "type", "veth", "peer", "name", "host", "netns", name)
        try await Self.ip("addr", "add", "\(host)/30", "dev", link)
        try await Self.ip("link", "set", link, "up")
        try await Self.ip("-n", name, "addr", "add", "\(guest)/30", "dev", "host")
        try await Self.ip("-n", name, "link", "set", "host", "up")
        try await Self.ip("-n", name, "link", "set", "lo", "up")
        try await Self.ip("-n", name, "route", "add", "default", "via", host)
        // The API server listens on loopback only: what comes to the host's end of the link is led there.
        try await Command.run("/usr/sbin/sysctl", ["-q", "-w", "net.ipv4.conf.\(link).route_localnet=1"])
        try await Command.run("/usr/sbin/iptables", ["-t", "nat", "-A", "PREROUTING"] + redirect)
        // Pods know no way back but to this host.
        try await Command.run("/usr/sbin/iptables", ["-t", "nat", "-A", "POSTROUTING"] + masquerade)
        let text = try await TestCluster.kubectl("config", "view", "--raw", "--flatten", "--minify")
        try text.write(toFile: kubeconfig, atomically: true, encoding: .utf8)
        let cluster = try await Command.run(
            "/usr/bin/env",
            ["kubectl", "--kubeconfig", kubeconfig, "config", "view", "-o", "jsonpath={.clusters[0].name}"])
        try await Command.run(
            "/usr/bin/env",
            [
                "kubectl", "--kubeconfig", kubeconfig, "config", "set-cluster", cluster,
                "--server=https://\(host):\(port)", "--tls-server-name=localhost",
            ])
    }

    /// From now on, packets to pods are lost without a word.
    func cutOffPods() async throws {
        try await Self.ip(
            "netns", "exec", name, "/usr/sbin/iptables", "-I", "OUTPUT", "!", "-d", "198.18.0.0/15", "-j", "DROP")
    }

    /// The program and arguments that run a program in the namespace.
    func command(_ program: String, _ arguments: [String]) -> (program: String, arguments: [String]) {
        ("/usr/sbin/ip", ["netns", "exec", name, program] + arguments)
    }

    private func remove() async {
        _ = try? await Command.end("/usr/sbin/iptables", ["-t", "nat", "-D", "PREROUTING"] + redirect)
        _ = try? await Command.end("/usr/sbin/iptables", ["-t", "nat", "-D", "POSTROUTING"] + masquerade)
        // The link goes with the namespace.
        _ = try? await Command.end("/usr/sbin/ip", ["netns", "del", name])
        try? FileManager.default.removeItem(at: directory)
    }

    private static func server() async throws -> URL {
        let text = try await TestCluster.kubectl(
            "config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
        guard let url = URL(string: text) else { throw URLError(.badURL) }
        return url
    }

    private static func ip(_ arguments: String...) async throws {
        try await Command.run("/usr/sbin/ip", arguments)
    }
}
