import Foundation
import SandboxCore
import SessionManager
import Testing

@testable import LocalSandbox

@Suite(.enabled(if: TestExecd.path != nil, TestExecd.missing), .timeLimit(.minutes(2)))
struct LocalProviderTests {
    @Test(arguments: LocalFixture.isolations)
    func `a sandbox does everything a sandbox does`(_ isolation: LocalSettings.Isolation) async throws {
        try await LocalFixture.with(isolation) { fixture, provider in
            let claim = try fixture.claim(provider, "user-42", environment: ["TEAM": "search"])
            let started = try await provider.start(claim)
            let (info, sandbox) = (started.info, started.sandbox)
            #expect(info.name == claim.sandboxName)
            #expect(info.pid.map { kill($0, 0) } == 0)
            let isBubblewrapped = provider.isolation == "bubblewrap"
            #expect(
                info.workDirectory == (isBubblewrapped ? "/workspace" : provider.layout.workspace(claim.sandboxName)))
            #expect(sandbox.workDirectory == info.workDirectory)

            let result = try await sandbox.execute(
                "echo $TEAM $PROFILE; pwd; echo $HOME; echo err >&2; exit 3", timeout: .seconds(10))
            #expect(result.output == "search default\n\(info.workDirectory)\n\(info.workDirectory)\nerr\n")
            #expect(result.exitCode == 3)
            let file = try SandboxPath("sub/a.txt")
            #expect(try await sandbox.write(file, contents: Array("one\ntwo\n".utf8), mode: nil) == 8)
            #expect(try await sandbox.readLines(file, offset: 1, limit: 5).lines == [Array("two".utf8)])
            #expect(try await sandbox.edit(file, replacing: Array("two".utf8), with: [0x32], replacesAll: false) == 1)
            #expect(try await sandbox.readBytes(file, offset: 0, length: 100).bytes == Array("one\n2\n".utf8))
            #expect(try await sandbox.list(SandboxPath(".")).entries.map(\.name) == [Array("sub".utf8)])
            #expect(try await sandbox.glob("*.txt", root: "/").entries.count == 1)
            #expect(try await sandbox.grep(GrepQuery(pattern: "^2$")).matches.map(\.lineNumber) == [2])
            #expect(try await sandbox.exists(file))
            #expect(await provider.liveness(info) == .alive)

            try await provider.discard(DiscardTarget(claim, info))
            #expect(fixture.processes() == [])
            #expect(!DirectoryListing.exists(provider.layout.directory(claim.sandboxName)))
            #expect(!DirectoryListing.exists(provider.layout.socketDirectory(claim.sandboxName)))
            #expect(try DirectoryListing.names(provider.layout.sandboxes) == [])
            #expect(await provider.liveness(info) == .gone(.deleted, detail: "its directory is gone"))
            // Gone already is success.
            try await provider.discard(DiscardTarget(claim, info))
        }
    }

    @Test(arguments: LocalFixture.isolations)
    func `starting again takes up the same sandbox`(_ isolation: LocalSettings.Isolation) async throws {
        try await LocalFixture.with(isolation) { fixture, provider in
            let claim = try fixture.claim(provider, "a")
            let first = try await provider.start(claim)
            _ = try await first.sandbox.execute("echo kept > f", timeout: .seconds(10))
            let again = try await provider.start(claim)
            #expect(again.info == first.info)
            let other = try await fixture.provider().start(claim)
            #expect(other.info == first.info)
            #expect(try await other.sandbox.execute("cat f", timeout: .seconds(10)).output == "kept\n")
        }
    }

    @Test func `a stranger's sandbox of the same name is left alone`() async throws {
        try await LocalFixture.with { fixture, provider in
            let claim = try fixture.claim(provider, "a")
            let started = try await provider.start(claim)
            var other = claim
            other.nonce = "another"
            let error = await #expect(throws: SandboxError.self) { try await provider.start(other) }
            guard case .startFailed(.create, "name_taken", _, _) = error?.kind else {
                Issue.record("\(String(describing: error))")
                return
            }
            try await provider.discard(DiscardTarget(other, nil))
            try await provider.discard(DiscardTarget(name: claim.sandboxName, uid: "another", nonce: claim.nonce))
            #expect(await provider.liveness(started.info) == .alive)
        }
    }

    @Test(arguments: LocalFixture.isolations)
    func `the next daemon adopts what runs and runs on`(_ isolation: LocalSettings.Isolation) async throws {
        try await LocalFixture.with(isolation) { fixture, provider in
            let claim = try fixture.claim(provider, "a")
            let started = try await provider.start(claim)
            _ = try await started.sandbox.execute("echo kept > f", timeout: .seconds(10))
            let next = try await fixture.provider()
            #expect(
                try await next.inventory() == [
                    FoundSandbox(
                        name: claim.sandboxName, uid: started.info.uid, nonce: claim.nonce, sessionID: claim.sessionID,
                        generation: 1, isTerminating: false)
                ])
            guard case .adopted(let adopted) = await next.adopt(claim, info: started.info) else {
                Issue.record("not adopted")
                return
            }
            #expect(adopted.info == started.info)
            #expect(try await adopted.sandbox.execute("cat f", timeout: .seconds(10)).output == "kept\n")
            try await next.discard(DiscardTarget(claim, started.info))
            #expect(fixture.processes() == [])
            guard case .gone(.deleted, _) = await next.adopt(claim, info: started.info) else {
                Issue.record("adopted what is gone")
                return
            }
        }
    }

    @Test func `a sandbox that refuses the token is not adopted and not called gone`() async throws {
        try await LocalFixture.with { fixture, provider in
            var claim = try fixture.claim(provider, "a")
            let info = try await provider.start(claim).info
            claim.token = "wrong"
            let next = try await fixture.provider()
            guard case .unknown(let error) = await next.adopt(claim, info: info) else {
                Issue.record("not unknown")
                return
            }
            #expect(error.kind == .backendUnavailable)
        }
    }

    @Test(arguments: LocalFixture.isolations)
    func `the end of execd is reported once`(_ isolation: LocalSettings.Isolation) async throws {
        try await LocalFixture.with(isolation) { fixture, provider in
            let claim = try fixture.claim(provider, "a")
            let started = try await provider.start(claim)
            // A command that is left behind where nothing but us cleans up.
            _ = try await started.sandbox.execute("setsid sleep 1000 > /dev/null 2>&1 &", timeout: .seconds(10))
            kill(try #require(started.info.pid), SIGKILL)
            var events = provider.events.makeAsyncIterator()
            guard case .gone(claim.sandboxName, started.info.uid, .failed, let detail) = await events.next() else {
                Issue.record("another event")
                return
            }
            #expect(detail.text.contains("signal 9") || detail.text.contains("status 137"), "\(detail)")
            guard case .gone(.failed, _) = await provider.liveness(started.info) else {
                Issue.record("still alive")
                return
            }
            try await provider.discard(DiscardTarget(claim, started.info))
            #expect(Self.processes(marked: started.info.uid) == [])
        }
    }

    @Test(arguments: LocalFixture.isolations)
    func `discarding ends what a command left behind`(_ isolation: LocalSettings.Isolation) async throws {
        try await LocalFixture.with(isolation) { fixture, provider in
            let claim = try fixture.claim(provider, "a")
            let started = try await provider.start(claim)
            let script = """
                trap '' TERM HUP; setsid sh -c 'trap "" TERM; while :; do sleep 1; done' > /dev/null 2>&1 &
                echo started
                """
            #expect(try await started.sandbox.execute(script, timeout: .seconds(10)).output == "started\n")
            // Within a process id namespace of its own it cannot be seen under that name from here either.
            try await provider.discard(DiscardTarget(claim, started.info))
            #expect(Self.processes(marked: started.info.uid) == [])
        }
    }

    @Test func `an execd that is stopped is killed`() async throws {
        try await LocalFixture.with { fixture, provider in
            let claim = try fixture.claim(provider, "a")
            let started = try await provider.start(claim)
            kill(try #require(started.info.pid), SIGSTOP)
            try await provider.discard(DiscardTarget(claim, started.info))
            #expect(fixture.processes() == [])
        }
    }

    @Test func `ids that look alike are different sandboxes`() async throws {
        try await LocalFixture.with { fixture, provider in
            let claims = try ["User.A", "user-a"].map { try fixture.claim(provider, $0) }
            #expect(claims[0].sandboxName != claims[1].sandboxName)
            for claim in claims {
                let sandbox = try await provider.start(claim).sandbox
                _ = try await sandbox.write(
                    SandboxPath("id"), contents: Array(claim.sessionID.rawValue.utf8), mode: nil)
            }
            for claim in claims {
                let sandbox = try await provider.start(claim).sandbox
                let read = try await sandbox.readBytes(SandboxPath("id"), offset: 0, length: 100).bytes
                #expect(String(decoding: read, as: UTF8.self) == claim.sessionID.rawValue)
            }
        }
    }

    /// Living processes with the sandbox's variable.
    private static func processes(marked uid: String) -> [Int32] {
        ((try? DirectoryListing.names("/proc")) ?? []).compactMap(Int32.init).filter { pid in
            guard let status = ProcessStatus(pid: pid), !status.isDead else { return false }
            let environment = ProcFile.read("/proc/\(pid)/environ") ?? []
            return environment.split(separator: 0).contains { $0.elementsEqual("PODKEEPER_SANDBOX=\(uid)".utf8) }
        }
    }
}
