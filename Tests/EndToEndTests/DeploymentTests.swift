import Foundation
import JSONRPC
import Testing

/// deploy/kubernetes as it stands, on the cluster of this run: validated by its API server, applied, and used through
/// the shared socket by the container beside the daemon.
///
/// Only on a cluster of Tests/cluster/up, for the manifests name their namespaces.
@Suite(.serialized, .enabled(if: TestCluster.ownScript != nil, "needs a cluster of its own: Tests/run --cluster"))
struct DeploymentTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardizedFileURL

    @discardableResult
    private func kubectl(_ arguments: String...) async throws -> String { try await TestCluster.kubectl(arguments) }

    /// What is different here: images that are on the node already, a store on the node's disk, and an API server that
    /// is on the node's loopback alone, since there is no kube-proxy.
    private func overlay(in directory: URL) throws -> String {
        let manifests = directory.appendingPathComponent("kubernetes")
        try FileManager.default.copyItem(
            at: Self.repository.appendingPathComponent("deploy/kubernetes"), to: manifests)
        func change(_ name: String, _ replacements: [(String, String)]) throws {
            let file = manifests.appendingPathComponent(name)
            var text = try String(contentsOf: file, encoding: .utf8)
            for (old, new) in replacements {
                #expect(text.contains(old), "\(name) has no '\(old)'")
                text = text.replacing(old, with: new)
            }
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        try change(
            "podkeeper.yaml",
            [
                ("registry.example/podkeeper-execd:1", TestCluster.execdImage), ("python:3.12-slim", "busybox:1"),
                ("node:22-slim", "busybox:1"), ("pool: {size: 3}", "pool: {size: 1}"),
            ])
        try change(
            "kustomization.yaml",
            [
                (
                    #"{name: registry.example/podkeeper, newTag: "1"}"#,
                    "{name: registry.example/podkeeper, newName: podkeeper, newTag: test}"
                ),
                (
                    #"{name: registry.example/agent-server, newTag: "1"}"#,
                    #"{name: registry.example/agent-server, newName: debian, newTag: "12"}"#
                ),
                ("  - daemon.yaml\n", "  - daemon.yaml\n  - store.yaml\npatchesStrategicMerge: [here.yaml]\n"),
            ])
        let store = directory.appendingPathComponent("store")
        try FileManager.default.createDirectory(at: store, withIntermediateDirectories: true)
        try FileManager.default.setAttributes(
            [.ownerAccountID: 2000, .groupOwnerAccountID: 2000], ofItemAtPath: store.path)
        try """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: podkeeper-store}
        spec:
          capacity: {storage: 1Gi}
          accessModes: [ReadWriteOnce]
          claimRef: {namespace: podkeeper, name: store-podkeeper-0}
          hostPath: {path: "\(store.path)"}
        """.write(to: manifests.appendingPathComponent("store.yaml"), atomically: true, encoding: .utf8)
        try """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: podkeeper, namespace: podkeeper}
        spec:
          template:
            spec:
              hostNetwork: true
              containers:
                - name: podkeeperd
                  imagePullPolicy: Never
                  env:
                    - {name: KUBERNETES_SERVICE_HOST, value: 127.0.0.1}
                    - {name: KUBERNETES_SERVICE_PORT, value: "6443"}
                - {name: agent-server, imagePullPolicy: Never, command: [sh, -c, "trap exit TERM; while :; do sleep 1; done"]}
        """.write(to: manifests.appendingPathComponent("here.yaml"), atomically: true, encoding: .utf8)
        return manifests.path
    }

    private func waitUntilReady() async throws {
        do {
            try await kubectl("-n", "podkeeper", "rollout", "status", "statefulset/podkeeper", "--timeout=120s")
        } catch {
            let log = try? await kubectl("-n", "podkeeper", "logs", "podkeeper-0", "podkeeperd", "--tail=20")
            let pods = try? await kubectl("-n", "podkeeper", "describe", "pods")
            throw Command.Failure(description: "\(error)\n\(log ?? "")\n\(pods ?? "")")
        }
    }

    /// Runs Python in the agent server's container: all that it shares with the daemon is the socket.
    private func agent(_ script: String) async throws -> String {
        try await kubectl("-n", "podkeeper", "exec", "podkeeper-0", "-c", "agent-server", "--", "python3", "-c", script)
    }

    @Test(.timeLimit(.minutes(10)))
    func theManifestsAreAppliedAndUsed() async throws {
        let cluster = try #require(TestCluster.ownScript)
        let build = URL(fileURLWithPath: TestDaemon.program("podkeeperd")).deletingLastPathComponent().path
        try await Command.run(
            Self.repository.appendingPathComponent("Tests/cluster/add-podkeeper").path, [build, cluster.directory])
        let directory = URL(fileURLWithPath: "/tmp/pk-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(at: directory) }
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let manifests = try overlay(in: directory)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await applyAndUse(manifests))
        } catch {
            outcome = .failure(error)
        }
        try await kubectl("delete", "namespace", "podkeeper", "agents", "--ignore-not-found", "--timeout=120s")
        try await kubectl("delete", "persistentvolume", "podkeeper-store", "--ignore-not-found", "--timeout=60s")
        try outcome.get()
    }

    private func applyAndUse(_ manifests: String) async throws {
        // A dry run remembers no namespaces, so that these have to be there.
        try await kubectl("apply", "-f", manifests + "/namespaces.yaml")
        let original = Self.repository.appendingPathComponent("deploy/kubernetes").path
        let checked = try await kubectl("apply", "-k", original, "--dry-run=server")
        for object in ["statefulset.apps/podkeeper", "networkpolicy.networking.k8s.io/default-deny", "resourcequota/"] {
            #expect(checked.contains(object), "\(checked)")
        }
        try await kubectl("apply", "-k", manifests)
        try await waitUntilReady()

        // The README's own example of an agent server.
        let example = try ReadmeTests.example()
        #expect(try await agent(example.program) == example.output)
        let open = """
            import json, os, socket
            s = socket.socket(socket.AF_UNIX); s.connect(os.environ["PODKEEPER_SOCKET"]); f = s.makefile("rb")
            def call(method, **params):
                request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
                s.sendall(json.dumps(request).encode() + b"\\n")
                return json.loads(f.readline())
            """
        let opened = try await agent(
            open + "\nprint(call('session.get_or_create', session_id='kept')['result']['sandbox']['uid'])")
        #expect(try await agent(open + "\nprint(call('daemon.metrics')['error']['code'])") == "-32005\n")
        let pods = try await kubectl(
            "-n", "agents", "get", "pods", "-l", "app.kubernetes.io/managed-by=podkeeper", "-o",
            "jsonpath={.items[*].metadata.uid}")
        #expect(pods.contains(opened.trimmingCharacters(in: .newlines)))
        #expect(
            try await kubectl(
                "-n", "agents", "get", "networkpolicy", "default-deny", "-o", "jsonpath={.spec.policyTypes}"
            )
            .contains("Egress"))

        // Another pod of the daemon's takes the same session up, from the volume.
        try await kubectl("-n", "podkeeper", "delete", "pod", "podkeeper-0", "--timeout=120s")
        try await waitUntilReady()
        #expect(
            try await agent(open + "\nprint(call('session.get', session_id='kept')['result']['sandbox']['uid'])")
                == opened)
        #expect(
            try await agent(open + "\nprint(call('session.release', session_id='kept')['result']['released'])")
                == "True\n")
    }
}
