import Foundation
import HTTPTransport
import KubernetesClient
import Logging
import SandboxCore
import Synchronization
import Testing

@testable import KubernetesSandbox

@Suite struct RightsTests {
    @Test func theRoleThatShipsGrantsExactlyTheTable() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../deploy/kubernetes/rbac.yaml")
        let rules = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("  - {apiGroups") }.map { String($0.dropFirst(4)) }
        #expect("[" + rules.joined(separator: ", ") + "]" == ClusterRight.rules(for: ClusterRight.table))
        #expect(Set(ClusterRight.table.map { "\($0.verb) \($0.resource)" }).count == ClusterRight.table.count)
    }

    /// Checks the rights of two profiles in one namespace against a server that refuses some; stands for RBAC where the
    /// answer to a review is an error, too, which no healthy API server gives.
    private func check(
        refusing: @escaping @Sendable (String) -> Bool, status: Int = 201, minor: Int = 36,
        _ body: (KubernetesProvider, SandboxError?) throws -> Void
    ) async throws {
        let server = try ScriptedServer { request, _ in
            if request.path == "/version" {
                return (200, #"{"major":"1","minor":"\#(minor)","gitVersion":"v1.\#(minor).0"}"#)
            }
            guard request.path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" else { return nil }
            return (status, #"{"kind":"SelfSubjectAccessReview","status":{"allowed":\#(!refusing(request.body))}}"#)
        }
        defer { server.stop() }
        let kubeconfig = FileManager.default.temporaryDirectory.path + "/rights-\(UInt64.random(in: 0...(.max)))"
        try """
        {current-context: x, clusters: [{name: c, cluster: {server: "http://127.0.0.1:\(server.port)"}}],
        contexts: [{name: x, context: {cluster: c}}]}
        """.write(toFile: kubeconfig, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: kubeconfig) }
        var settings = KubernetesSettings(instance: "test")
        settings.kubeConfigPath = kubeconfig
        let http = try HTTPClient()
        let provider = try KubernetesProvider(
            settings: settings,
            profiles: ["a": Fixtures.profile { $0.mode = .api }, "b": Fixtures.profile { $0.mode = .http }], http: http,
            environment: [:], version: "test", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var refusal: SandboxError?
        do throws(SandboxError) {
            try await provider.checkRights()
        } catch {
            refusal = error
        }
        await http.shutdown()
        try body(provider, refusal)
        // No profile keeps its pods, so patching is not asked for; nor is pods/proxy, which nothing goes through.
        #expect(server.requests.count { $0.path != "/version" } == ClusterRight.table.count - 3)
    }

    @Test func aMissingEssentialRightIsNamedWithTheYAMLThatGrantsIt() async throws {
        try await check(refusing: { $0.contains(#""subresource":"exec""#) && $0.contains(#""verb":"create""#) }) {
            provider, error in
            #expect(
                error?.message
                    == "in namespace agents the daemon is not allowed to create pods/exec (for mode: api, which API "
                    + "servers from 1.35 on ask for); grant it with a Role there that has rules: [{apiGroups: [\"\"], "
                    + "resources: [pods/exec], verbs: [create]}], see deploy/kubernetes/rbac.yaml")
            #expect(provider.missingRights.map(\.essential.count) == [1])
            #expect(provider.details["missing_rights"] == error?.message)
        }
    }

    @Test(arguments: [20, 34, 35]) func creatingOnSubresourcesIsEssentialWhereTheServerAsksForIt(minor: Int)
        async throws
    {
        let creates: @Sendable (String) -> Bool = { $0.contains(#""verb":"create""#) && $0.contains("subresource") }
        try await check(refusing: creates, minor: minor) { provider, error in
            #expect((error != nil) == (minor == 35))
            let missing = provider.missingRights.first
            #expect(missing?.essential.map(\.resource) == (minor == 35 ? ["pods/exec"] : []))
            #expect(missing?.others.map(\.resource) == (minor == 35 ? [] : ["pods/exec"]) + ["pods/portforward"])
        }
    }

    @Test func aMissingConvenienceIsKeptForWhoeverAsks() async throws {
        try await check(refusing: { $0.contains(#""verb":"watch""#) || $0.contains(#""resource":"events""#) }) {
            provider, error in
            #expect(error == nil)
            #expect(provider.missingRights.map { $0.others.map(\.verb) } == [["watch", "list"]])
            #expect(provider.details["missing_rights"]?.contains("verbs: [watch]}, {apiGroups") == true)
        }
    }

    @Test func aClusterThatDoesNotAnswerTheQuestionRefusesNothing() async throws {
        try await check(refusing: { _ in true }, status: 403) { provider, error in
            #expect(error == nil)
            #expect(provider.missingRights.isEmpty)
            #expect(provider.details["missing_rights"] == nil)
        }
    }

    @Test(.enabled(if: RealCluster.isThere))
    func aRoleThatLacksRightsOnARealCluster() async throws {
        try RealCluster.prepareNamespace()
        let user = "limited-\(UInt32.random(in: 0...(.max)))"
        let kubeconfig = FileManager.default.temporaryDirectory.path + "/\(user)"
        let admin = try String(contentsOfFile: try #require(RealCluster.kubeconfig), encoding: .utf8)
        try admin.replacing("user: {client-certificate", with: "user: {as: \(user), client-certificate")
            .write(toFile: kubeconfig, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: kubeconfig) }
        func role(_ name: String, _ arguments: String...) throws {
            let verbs = arguments[0]
            try RealCluster.kubectl(
                "-n", RealCluster.namespace, "create", "role", "\(user)-\(name)", "--verb=\(verbs)",
                "--resource=\(arguments[1])")
            try RealCluster.kubectl(
                "-n", RealCluster.namespace, "create", "rolebinding", "\(user)-\(name)", "--role=\(user)-\(name)",
                "--user=\(user)")
        }
        defer {
            for name in ["pods", "exec"] {
                _ = try? RealCluster.kubectl(
                    "-n", RealCluster.namespace, "delete", "role,rolebinding", "\(user)-\(name)")
            }
        }
        try role("pods", "get,list,create,delete", "pods")
        try role("exec", "create", "pods/exec")
        var settings = KubernetesSettings(instance: "test")
        settings.kubeConfigPath = kubeconfig
        let http = try HTTPClient()
        let provider = try KubernetesProvider(
            settings: settings, profiles: ["default": RealCluster.profile()], http: http, environment: [:],
            version: "test", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        // The API server learns of a new Role by a watch of its own.
        var message = ""
        for _ in 0..<50 where !message.contains("to get pods/exec (") {
            let error = await #expect(throws: SandboxError.self) { try await provider.checkRights() }
            message = error?.message ?? ""
        }
        await http.shutdown()
        #expect(message.contains("resources: [pods/exec], verbs: [get]"))
        let missing = try #require(provider.missingRights.first)
        #expect(missing.essential.map { "\($0.verb) \($0.resource)" } == ["get pods/exec"])
        #expect(missing.others.map { "\($0.verb) \($0.resource)" } == ["watch pods", "get pods/log", "list events"])
    }
}
