import Foundation
import HTTPTransport
import KubernetesClient
import Logging
import SandboxCore
import SessionManager
import Testing

@testable import KubernetesSandbox

/// A real cluster, named by `PODKEEPER_TEST_KUBECONFIG`; its tests are skipped without one.
enum RealCluster {
    static let kubeconfig = ProcessInfo.processInfo.environment["PODKEEPER_TEST_KUBECONFIG"]
    static let execdImage = ProcessInfo.processInfo.environment["PODKEEPER_TEST_EXECD_IMAGE"]
    static var isThere: Bool { kubeconfig?.isEmpty == false }
    static var hasExecd: Bool { isThere && execdImage?.isEmpty == false }
    static let namespace = "kubesandbox-test"

    /// A provider with its watch running, for one body; its pods are removed afterwards.
    static func use(
        _ profiles: [String: KubernetesProfile], deletionTimeout: Duration = .seconds(60),
        connect: Connect = .auto,
        _ body: (KubernetesProvider) async throws -> Void
    ) async throws {
        try prepareNamespace()
        let instance = "test-\(UInt32.random(in: .min ... .max))"
        var failure: (any Error)?
        do {
            try await withProvider(
                instance: instance, profiles, deletionTimeout: deletionTimeout, connect: connect, body)
        } catch {
            failure = error
        }
        try kubectl(
            "-n", namespace, "delete", "pods", "-l", "podkeeper.dev/instance=\(instance)", "--grace-period=0",
            "--force",
            "--ignore-not-found")
        if let failure { throw failure }
    }

    /// As `use`, for a daemon of this instance id that leaves its pods behind.
    static func withProvider(
        instance: String, _ profiles: [String: KubernetesProfile], deletionTimeout: Duration = .seconds(60),
        connect: Connect = .auto,
        _ body: (KubernetesProvider) async throws -> Void
    ) async throws {
        var settings = KubernetesSettings(instance: instance)
        settings.kubeConfigPath = kubeconfig
        settings.deletionTimeout = deletionTimeout
        settings.connect = connect
        let http = try HTTPClient()
        var logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        let provider = try KubernetesProvider(
            settings: settings, profiles: profiles, http: http, environment: [:], version: "test", logger: logger)
        let running = Task { try? await provider.run() }
        var failure: (any Error)?
        do {
            try await body(provider)
        } catch {
            failure = error
        }
        running.cancel()
        await running.value
        await http.shutdown()
        if let failure { throw failure }
    }

    static func profile(
        _ image: String = "docker.io/library/busybox:1", _ change: (inout KubernetesProfile) -> Void = { _ in }
    ) -> KubernetesProfile {
        var profile = KubernetesProfile(image: image)
        profile.namespace = namespace
        profile.mode = .api
        change(&profile)
        return profile
    }

    static func claim(
        _ provider: KubernetesProvider, _ session: String = "s", profile: String = "default", generation: Int = 1,
        nonce: String = "n1", environment: [String: String] = [:], timeout: Duration = .seconds(60)
    ) throws -> SandboxClaim {
        let id = try SessionID(session)
        return SandboxClaim(
            sessionID: id, generation: generation, profile: profile,
            sandboxName: provider.sandboxName(sessionID: id, generation: generation), nonce: nonce, token: "t0ken",
            environment: environment, labels: ["purpose": "test"], startupTimeout: timeout)
    }

    @discardableResult
    static func kubectl(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["kubectl", "--kubeconfig", kubeconfig ?? ""] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return output
    }

    /// A namespace for one body alone, for what would be in the way of others; its removal is not waited for.
    static func withNamespace(_ body: (String) async throws -> Void) async throws {
        let name = "kubesandbox-\(UInt32.random(in: .min ... .max))"
        try prepareNamespace(name)
        defer { _ = try? kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found") }
        try await body(name)
    }

    /// `kubectl apply` of a manifest.
    static func apply(_ manifest: String) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("manifest-\(UUID()).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try manifest.write(to: file, atomically: true, encoding: .utf8)
        let said = try kubectl("apply", "-f", file.path)
        #expect(said.contains("created") || said.contains("configured"), "\(said)")
    }

    /// Stays between tests: removing one takes a cluster seconds.
    static func prepareNamespace(_ namespace: String = Self.namespace) throws {
        guard try !kubectl("get", "namespace", namespace, "-o", "name").contains("namespace/\(namespace)\n") else {
            return
        }
        try kubectl("create", "namespace", namespace)
        for _ in 0..<100
        where try !kubectl("-n", namespace, "get", "serviceaccount", "default", "-o", "name").hasPrefix(
            "serviceaccount/")
        {
            usleep(100_000)
        }
    }
}
