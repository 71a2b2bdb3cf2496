import Foundation
import HTTPTransport
import Logging
import SandboxCore
import SessionManager
import Testing

@testable import LocalSandbox

/// Starts that fail, daemons that die in the middle, state that is damaged.
@Suite(.enabled(if: TestExecd.path != nil, TestExecd.missing), .timeLimit(.minutes(2)))
struct StartFailureTests {
    @Test(arguments: LocalFixture.isolations)
    func `an execd that ends at once fails the start with its own words`(
        _ isolation: LocalSettings.Isolation
    ) async throws {
        try await Self.with(isolation, "echo no luck today >&2; exit 7") { provider, claim in
            let error = await #expect(throws: SandboxError.self) { try await provider.start(claim) }
            guard case .startFailed(.start, "exited", let detail, _) = error?.kind else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(detail.contains("status 7") && detail.contains("no luck today"), "\(detail)")
            let left = try await provider.inventory()
            #expect(left.isEmpty)
        }
    }

    @Test(arguments: LocalFixture.isolations)
    func `an execd that never answers fails the start in time and is killed`(
        _ isolation: LocalSettings.Isolation
    ) async throws {
        try await Self.with(isolation, "echo hanging >&2; sleep 1000 & wait", timeout: .milliseconds(300)) {
            provider, claim in
            let error = await #expect(throws: SandboxError.self) { try await provider.start(claim) }
            guard case .startFailed(.ready, "timeout", let detail, _) = error?.kind else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(detail.contains("hanging"), "\(detail)")
            #expect(ProcessTable.kill(.init(socket: provider.layout.socket(claim.sandboxName), uid: "-")) == 0)
            let left = try await provider.inventory()
            #expect(left.isEmpty)
        }
    }

    @Test func `a cancelled start leaves nothing behind`() async throws {
        try await Self.with(.auto, "sleep 1000") { provider, claim in
            let error = try await withThrowingTaskGroup(of: SandboxError?.self) { group in
                group.addTask { await #expect(throws: SandboxError.self) { try await provider.start(claim) } }
                let log = provider.layout.log(claim.sandboxName)
                while !DirectoryListing.exists(log) { try await Task.sleep(for: .milliseconds(1)) }
                group.cancelAll()
                return try await group.next() ?? nil
            }
            #expect(error?.kind == .cancelled)
            let left = try await provider.inventory()
            #expect(left.isEmpty)
            #expect(ProcessTable.kill(.init(socket: provider.layout.socket(claim.sandboxName), uid: "-")) == 0)
        }
    }

    @Test(arguments: LocalFixture.isolations)
    func `a daemon that died before it noted the process finds it all the same`(
        _ isolation: LocalSettings.Isolation
    ) async throws {
        try await LocalFixture.with(isolation) { fixture, provider in
            let claim = try fixture.claim(provider, "a")
            let first = try await provider.start(claim)
            // The state between the two writes of the record.
            let path = provider.layout.record(claim.sandboxName)
            guard case .record(var record) = RecordFile.read(path) else {
                Issue.record("no record")
                return
            }
            record.process = nil
            try RecordFile.write(record, to: path)
            let next = try await fixture.provider()
            let second = try await next.start(claim)
            #expect(second.info.uid != first.info.uid)
            #expect(first.info.pid.flatMap { ProcessStatus(pid: $0) }?.isDead != false)
            record.process = nil
            record.uid = second.info.uid
            try RecordFile.write(record, to: path)
            let last = try await fixture.provider()
            try await last.discard(DiscardTarget(claim, nil))
            #expect(fixture.processes() == [])
            #expect(try await last.inventory().isEmpty)
        }
    }

    @Test func `another boot's process ids mean nothing`() async throws {
        try await LocalFixture.with { fixture, provider in
            let claim = try fixture.claim(provider, "a")
            let started = try await provider.start(claim)
            let path = provider.layout.record(claim.sandboxName)
            guard case .record(var record) = RecordFile.read(path) else {
                Issue.record("no record")
                return
            }
            record.bootID = "another"
            try RecordFile.write(record, to: path)
            let next = try await fixture.provider()
            #expect(await next.liveness(started.info) == .gone(.nodeLost, detail: "the host was restarted"))
        }
    }

    @Test func `an unreadable record is reported and not deleted`() async throws {
        try await LocalFixture.with { fixture, provider in
            let claim = try fixture.claim(provider, "a")
            let started = try await provider.start(claim)
            let path = provider.layout.record(claim.sandboxName)
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            try whole.prefix(20).write(to: URL(fileURLWithPath: path))
            #expect(try await provider.inventory().map(\.sessionID) == [nil])
            guard case .unknown = await provider.liveness(started.info) else {
                Issue.record("not unknown")
                return
            }
            let error = await #expect(throws: SandboxError.self) {
                try await provider.discard(DiscardTarget(claim, started.info))
            }
            #expect(error?.kind == .backendUnavailable)
            #expect(DirectoryListing.exists(path))
            try whole.write(to: URL(fileURLWithPath: path))
        }
    }

    @Test func `another instance's sandboxes are none of ours`() async throws {
        try await LocalFixture.with { fixture, provider in
            let claim = try fixture.claim(provider, "a")
            let started = try await provider.start(claim)
            let other = try await fixture.provider(instance: "instance-2")
            #expect(try await other.inventory().isEmpty)
            try await other.discard(DiscardTarget(claim, started.info))
            #expect(await provider.liveness(started.info) == .alive)
            #expect(try other.sandboxName(sessionID: SessionID("a"), generation: 1) != claim.sandboxName)
        }
    }

    @Test(arguments: ["", "../x", "a/b", ".a", "A"])
    func `a name that is no label is refused before anything is touched`(_ name: String) async throws {
        try await LocalFixture.with { fixture, provider in
            var claim = try fixture.claim(provider, "a")
            claim.sandboxName = name
            let start = await #expect(throws: SandboxError.self) { try await provider.start(claim) }
            #expect(start?.kind == .invalid)
            let discard = await #expect(throws: SandboxError.self) {
                try await provider.discard(DiscardTarget(name: name, uid: nil, nonce: ""))
            }
            #expect(discard?.kind == .invalid)
        }
    }

    /// A provider whose podkeeper-execd is a shell script: it stands for a program that fails as the real one does
    /// not on demand.
    private static func with(
        _ isolation: LocalSettings.Isolation, _ script: String, timeout: Duration = .seconds(20),
        _ body: (LocalProvider, SandboxClaim) async throws -> Void
    ) async throws {
        let directory = "/tmp/pk-local-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let execd = "\(directory)/execd"
        try "#!/bin/sh\n\(script)\n".write(toFile: execd, atomically: true, encoding: .utf8)
        chmod(execd, 0o755)
        let http = try HTTPClient()
        let provider = try await LocalProvider(
            settings: LocalSettings(
                stateDirectory: "\(directory)/state", instance: "i", execd: execd, isolation: isolation),
            path: ProcessInfo.processInfo.environment["PATH"], http: http,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let sessionID = try SessionID("a")
        let claim = SandboxClaim(
            sessionID: sessionID, generation: 1, profile: "default",
            sandboxName: provider.sandboxName(sessionID: sessionID, generation: 1), nonce: "n", token: "t",
            environment: [:], labels: [:], startupTimeout: timeout)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(provider, claim))
        } catch {
            result = .failure(error)
        }
        await http.shutdown()
        try DirectoryRemoval.remove(directory)
        try result.get()
    }
}
