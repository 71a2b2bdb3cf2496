import Foundation
import JSONRPC
import Testing

/// The real cluster of this run, if there is one (`Tests/run --cluster`).
enum TestCluster {
    static let kubeconfig = ProcessInfo.processInfo.environment["PODKEEPER_TEST_KUBECONFIG"]
    static let execdImage =
        ProcessInfo.processInfo.environment["PODKEEPER_TEST_EXECD_IMAGE"] ?? "podkeeper-execd:test"
    static let namespace = "podkeeper-e2e"

    static var isAvailable: Bool { kubeconfig != nil }

    /// Runs kubectl on the cluster and gives its standard output.
    @discardableResult
    static func kubectl(_ arguments: String...) async throws -> String { try await kubectl(arguments) }

    @discardableResult
    static func kubectl(_ arguments: [String]) async throws -> String {
        let kubeconfig = try #require(Self.kubeconfig)
        return try await Command.run("/usr/bin/env", ["kubectl", "--kubeconfig", kubeconfig] + arguments)
    }

    /// The script that stops and starts the API server; nil for a cluster that is not Tests/cluster/up's.
    static let ownScript: (program: String, directory: String)? = {
        guard let kubeconfig else { return nil }
        let directory = URL(fileURLWithPath: kubeconfig).deletingLastPathComponent().path
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../cluster/apiserver").standardizedFileURL.path
        let files = FileManager.default
        guard files.fileExists(atPath: directory + "/apiserver.pid"), files.isExecutableFile(atPath: script) else {
            return nil
        }
        return (script, directory)
    }()

    static func apiServer(_ verb: String) async throws {
        let own = try #require(ownScript)
        try await Command.run(own.program, [verb, own.directory])
    }

    /// The tests' namespace; made by whoever comes first.
    static func makeNamespace() async throws {
        do {
            try await kubectl("create", "namespace", namespace)
        } catch  where "\(error)".contains("AlreadyExists") {}
        // A pod is refused until the controller has made the namespace's service account.
        try await kubectl(
            "-n", namespace, "wait", "--for=jsonpath={.metadata.name}=default", "serviceaccount/default",
            "--timeout=30s")
    }

    /// Runs `body` beside a pod that says it is of another daemon.
    static func withPod(_ name: String, instance: String, _ body: () async throws -> Void) async throws {
        try await kubectl(
            "-n", namespace, "run", name, "--image=busybox:1", "--restart=Never",
            "--labels=app.kubernetes.io/managed-by=podkeeper,podkeeper.dev/instance=\(instance)", "--", "sleep", "600")
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        try await kubectl("-n", namespace, "delete", "pod", name, "--grace-period=0", "--force", "--wait=false")
        try outcome.get()
    }

    /// UIDs of the pods of one daemon, those that are being deleted left out.
    static func pods(instance: String) async throws -> Set<String> {
        let text = try await kubectl(
            "-n", namespace, "get", "pods", "-l", "podkeeper.dev/instance=\(instance)", "-o", "json")
        let items = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))["items"]?.arrayValue ?? []
        return Set(
            items.compactMap { pod in
                pod["metadata"]?["deletionTimestamp"] == nil ? pod["metadata"]?["uid"]?.stringValue : nil
            })
    }
}
