import Foundation
import HTTPTransport
import Logging
import Testing

@testable import KubernetesClient

/// Everything that talks to a real cluster, in a namespace of its own that is removed in the end.
@Suite(.serialized, .enabled(if: RealCluster.isThere), OwnNamespace()) struct RealClusterTests {}

/// Makes the namespace before the suite and removes it, with all that is left in it, afterwards.
struct OwnNamespace: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await RealCluster.use { client, _ in try await make(client) }
        var failure: (any Error)?
        do {
            try await function()
        } catch {
            failure = error
        }
        try await RealCluster.use { client, _ in
            var request = APIRequest(operation: "delete namespace", segments: namespaces + [RealCluster.namespace])
            request.method = "DELETE"
            _ = try await client.perform(request, timeout: .seconds(30))
        }
        if let failure { throw failure }
    }

    private let namespaces = ["api", "v1", "namespaces"]

    private func make(_ client: KubernetesClient) async throws {
        var request = APIRequest(operation: "create namespace", segments: namespaces)
        request.method = "POST"
        request.isRepeatable = false
        request.body = Array(
            #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(RealCluster.namespace)"}}"#.utf8)
        _ = try await client.perform(request, timeout: .seconds(30))
        // The service account follows the namespace after a moment; no pod can be made before.
        let account = APIRequest(
            operation: "get service account",
            segments: namespaces + [RealCluster.namespace, "serviceaccounts", "default"])
        for _ in 0..<100 {
            if (try? await client.perform(account, timeout: .seconds(5))) != nil { return }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

/// A real cluster, named by `PODKEEPER_TEST_KUBECONFIG`; its tests are skipped without one.
enum RealCluster {
    static let kubeconfig = ProcessInfo.processInfo.environment["PODKEEPER_TEST_KUBECONFIG"]
    static var isThere: Bool { kubeconfig?.isEmpty == false }
    static let namespace = "kubeclient-test-\(UInt32.random(in: 0...(.max)))"

    static func logger() -> Logger {
        var logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        return logger
    }

    /// Runs `body` with a client, and with a name that no other test uses.
    static func use(_ body: (KubernetesClient, String) async throws -> Void) async throws {
        let configuration = try KubernetesConfiguration.load(kubeconfigPath: kubeconfig, environment: [:])
        let http = try HTTPClient()
        let client = KubernetesClient(configuration: configuration, http: http, logger: logger())
        var failure: (any Error)?
        do {
            try await body(client, "run-\(UInt32.random(in: 0...(.max)))")
        } catch {
            failure = error
        }
        await http.shutdown()
        if let failure { throw failure }
    }

    static func manifest(
        _ name: String, run: String, image: String = "docker.io/library/busybox:1",
        command: [String] = ["sleep", "3600"], extra: [String: Any] = [:]
    ) throws -> [UInt8] {
        let container: [String: Any] = [
            "name": "main", "image": image, "imagePullPolicy": "IfNotPresent", "command": command,
        ]
        var spec: [String: Any] = [
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "automountServiceAccountToken": false,
            "enableServiceLinks": false, "containers": [container],
        ]
        spec.merge(extra) { _, new in new }
        let pod: [String: Any] = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": name, "labels": ["test-run": run], "annotations": ["note": "a \"quoted\" ü"]],
            "spec": spec,
        ]
        return Array(try JSONSerialization.data(withJSONObject: pod))
    }

    /// Of the namespace's default account, for ten minutes, which is as short as they come.
    static func serviceAccountToken(_ client: KubernetesClient) async throws -> String {
        var request = APIRequest(
            operation: "create token",
            segments: [
                "api", "v1", "namespaces", RealCluster.namespace, "serviceaccounts", "default", "token",
            ])
        request.method = "POST"
        request.body = Array(
            #"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":600}}"#
                .utf8)
        let response = try await client.perform(request, timeout: .seconds(30))
        struct Answer: Decodable {
            struct Status: Decodable { var token: String }
            var status: Status
        }
        return try JSONDecoder().decode(Answer.self, from: Data(response.body)).status.token
    }
}
