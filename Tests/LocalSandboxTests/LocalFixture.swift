import Foundation
import HTTPTransport
import Logging
import SandboxCore
import SessionManager
import Testing

@testable import LocalSandbox

/// A state directory of its own, and providers over it.
final class LocalFixture: Sendable {
    static let isolations: [LocalSettings.Isolation] = [.auto, .none]

    let directory = "/tmp/pk-local-\(UInt32.random(in: 0 ... .max))"
    let isolation: LocalSettings.Isolation
    let http: HTTPClient

    private init(_ isolation: LocalSettings.Isolation) throws {
        self.isolation = isolation
        http = try HTTPClient()
    }

    /// Afterwards no process of the sandboxes may be left; the directory is removed.
    static func with(
        _ isolation: LocalSettings.Isolation = .auto, _ body: (LocalFixture, LocalProvider) async throws -> Void
    ) async throws {
        let fixture = try LocalFixture(isolation)
        let provider = try await fixture.provider()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(fixture, provider))
        } catch {
            result = .failure(error)
        }
        for found in (try? await provider.inventory()) ?? [] {
            try? await provider.discard(DiscardTarget(name: found.name, uid: found.uid, nonce: found.nonce ?? ""))
        }
        await fixture.http.shutdown()
        #expect(fixture.processes() == [])
        try DirectoryRemoval.remove(fixture.directory)
        try result.get()
    }

    func provider(instance: String = "instance-1") async throws -> LocalProvider {
        let execd = try #require(TestExecd.path)
        var settings = LocalSettings(
            stateDirectory: directory, instance: instance, execd: execd, isolation: isolation)
        settings.profileEnvironments = ["default": ["TEAM": "of the profile", "PROFILE": "default"]]
        return try await LocalProvider(
            settings: settings, path: ProcessInfo.processInfo.environment["PATH"], http: http,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func claim(
        _ provider: LocalProvider, _ id: String, generation: Int = 1, environment: [String: String] = [:],
        timeout: Duration = .seconds(20)
    ) throws -> SandboxClaim {
        let sessionID = try SessionID(id)
        return SandboxClaim(
            sessionID: sessionID, generation: generation, profile: "default",
            sandboxName: provider.sandboxName(sessionID: sessionID, generation: generation),
            nonce: "nonce-\(id)-\(generation)", token: "token of \(id)", environment: environment, labels: [:],
            startupTimeout: timeout)
    }

    /// Processes whose arguments name this state directory.
    func processes() -> [Int32] {
        ((try? DirectoryListing.names("/proc")) ?? []).compactMap(Int32.init).filter { pid in
            guard let status = ProcessStatus(pid: pid), !status.isDead else { return false }
            return String(decoding: ProcFile.read("/proc/\(pid)/cmdline") ?? [], as: UTF8.self).contains(directory)
        }
    }
}

extension DiscardTarget {
    init(_ claim: SandboxClaim, _ info: SandboxInfo?) {
        self.init(name: claim.sandboxName, uid: info?.uid, nonce: claim.nonce)
    }
}
