import Foundation
import SandboxCore
import SessionManager
import Synchronization
import Testing

@testable import LocalSandbox

/// What a command sees and may do behind bubblewrap.
@Suite(.enabled(if: TestExecd.path != nil, TestExecd.missing), .timeLimit(.minutes(2)))
struct IsolationTests {
    static let hasBubblewrap = ExecdLocator.search("bwrap", path: ProcessInfo.processInfo.environment["PATH"]) != nil

    @Test(.enabled(if: Self.hasBubblewrap, "needs bwrap"))
    func `a command sees programs and its workspace, and nothing of the host or of others`() async throws {
        try await LocalFixture.with(.bubblewrap) { fixture, provider in
            let other = try await provider.start(fixture.claim(provider, "other"))
            _ = try await other.sandbox.execute(
                "echo secret > /workspace/s; echo secret > /tmp/s", timeout: .seconds(10))
            let own = try await provider.start(fixture.claim(provider, "own")).sandbox
            let script = """
                ls -A /workspace /tmp/s /root /home /etc/shadow /run /var/lib 2>/dev/null
                ls \(provider.layout.sandboxes) \(provider.layout.directory(other.info.name)) 2>/dev/null
                ls \(provider.layout.sockets) | wc -l
                ls -d /proc/[0-9]* | grep -c '/\(ProcessInfo.processInfo.processIdentifier)$'
                for f in / /usr /etc /proc/sys/kernel/core_pattern; do [ -w $f ] && echo writable $f; done
                (echo x > /proc/sys/vm/swappiness) 2>/dev/null && echo wrote sysctl
                grep CapEff /proc/self/status
                hostname
                """
            let result = try await own.execute(script, timeout: .seconds(10))
            let name = provider.sandboxName(sessionID: try SessionID("own"), generation: 1)
            let lines = ["/run:", "", "/workspace:", "1", "0", "CapEff:\t0000000000000000", name, ""]
            #expect(result.output.components(separatedBy: "\n") == lines)
        }
    }

    @Test(.enabled(if: Self.hasBubblewrap, "needs bwrap"))
    func `the token and what execd started with cannot be read by commands`() async throws {
        try await LocalFixture.with(.bubblewrap) { fixture, provider in
            let claim = try fixture.claim(provider, "a")
            let sandbox = try await provider.start(claim).sandbox
            let script = "env; cat /proc/1/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'"
            let output = try await sandbox.execute(script, timeout: .seconds(10)).output
            #expect(output.contains("HOME=/workspace"))
            #expect(!output.contains(claim.token))
            #expect(!output.contains(SHA256.hex(claim.token.utf8)))
        }
    }

    @Test(.enabled(if: Self.hasBubblewrap, "needs bwrap"))
    func `a command that puts another socket in place of its own leads the daemon nowhere`() async throws {
        try await LocalFixture.with(.bubblewrap) { fixture, provider in
            let victim = try await provider.start(fixture.claim(provider, "victim"))
            let claim = try fixture.claim(provider, "a")
            let started = try await provider.start(claim)
            let own = provider.layout.socket(started.info.name)
            let other = provider.layout.socket(victim.info.name)
            let replaced = try await started.sandbox.execute(
                "rm \(own) && ln -s \(other) \(own) && echo replaced", timeout: .seconds(10))
            #expect(replaced.output == "replaced\n")
            #expect(
                try await started.sandbox.execute("hostname", timeout: .seconds(10)).output.hasPrefix(started.info.name)
            )
            // And the next daemon is not led there either.
            let next = try await fixture.provider()
            guard case .adopted(let again) = await next.adopt(claim, info: started.info) else {
                Issue.record("not adopted")
                return
            }
            #expect(
                try await again.sandbox.execute("hostname", timeout: .seconds(10)).output.hasPrefix(started.info.name))
        }
    }

    @Test(arguments: ["SANDBOX_EXEC_TOKEN", "PODKEEPER_SANDBOX", "", "A=B"])
    func `variables that would break the exec server are refused`(_ name: String) async throws {
        try await LocalFixture.with { fixture, provider in
            let claim = try fixture.claim(provider, "a", environment: [name: "x"])
            let error = await #expect(throws: SandboxError.self) { try await provider.start(claim) }
            #expect(error?.kind == .invalid)
            #expect(try await provider.inventory().isEmpty)
        }
    }

    @Test(.enabled(if: Self.hasBubblewrap, "needs bwrap"))
    func `variables do not reach bwrap itself`() async throws {
        try await LocalFixture.with(.bubblewrap) { fixture, provider in
            let claim = try fixture.claim(provider, "a", environment: ["LD_PRELOAD": "/nowhere.so", "X": "a b\nc"])
            let sandbox = try await provider.start(claim).sandbox
            let output = try await sandbox.execute("echo \"$LD_PRELOAD|$X\" 2>/dev/null", timeout: .seconds(10)).output
            #expect(output.contains("/nowhere.so|a b\nc"))
            let outer = try #require(provider.state.withLock { $0.running.values.first?.processes.outer })
            #expect(ProcFile.read("/proc/\(outer.identity.pid)/environ") == [])
        }
    }

    @Test func `without isolation the workspace itself is the work directory`() async throws {
        try await LocalFixture.with(.none) { fixture, provider in
            #expect(provider.isolation == "none")
            let started = try await provider.start(fixture.claim(provider, "a"))
            _ = try await started.sandbox.execute("echo here > f", timeout: .seconds(10))
            #expect(try String(contentsOfFile: "\(started.info.workDirectory)/f", encoding: .utf8) == "here\n")
        }
    }
}
