import Foundation
import KubernetesClient
import SandboxCore
import SessionManager
import Testing

@testable import KubernetesSandbox

/// What can be done in a sandbox, in an image of busybox and one of GNU tools.
@Suite(.enabled(if: RealCluster.isThere), .serialized, .timeLimit(.minutes(3))) struct ClusterSandboxTests {
    static let images = ["docker.io/library/busybox:1", "docker.io/library/debian:12"]

    private func use(_ image: String, _ body: (any Sandbox, SandboxInfo, KubernetesProvider) async throws -> Void)
        async throws
    {
        try await RealCluster.use(["default": RealCluster.profile(image)]) { provider in
            let started = try await provider.start(RealCluster.claim(provider))
            try await body(started.sandbox, started.info, provider)
        }
    }

    private func run(_ sandbox: any Sandbox, _ request: RunRequest) async throws -> (
        RunEnd, stdout: [UInt8], stderr: [UInt8]
    ) {
        let output = OutputCollector()
        let end = try await sandbox.run(request) { output.take($0) }
        #expect(!output.hasGap)
        return (end, output.stdout, output.stderr)
    }

    /// Whether a process of this command line has ended, or does so soon: `timeout` of busybox itself looks once a second.
    private static func isGone(_ line: String, in sandbox: any Sandbox) async throws -> Bool {
        // In brackets, so that the check does not find itself.
        let pattern = "[\(line.prefix(1))]\(line.dropFirst())"
        let check = """
            for i in $(seq 50); do
            cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -q '\(pattern)' || exit 0
            sleep 0.1
            done
            exit 1
            """
        return try await sandbox.execute(check, timeout: .seconds(20)).exitCode == 0
    }

    @Test("T85 A shell line, and the child that outlives it with its output", arguments: images)
    func execute(image: String) async throws {
        try await use(image) { sandbox, _, _ in
            let plain = try await sandbox.execute("echo out; echo err >&2; pwd; exit 3", timeout: .seconds(20))
            #expect(plain == ExecuteResult(output: "out\nerr\n/workspace\n", exitCode: 3))
            let identity = try await sandbox.execute(
                "id -u; echo $HOME; touch ~/x && touch /tmp/x && ! touch /x", timeout: .seconds(20))
            #expect(identity.output.hasPrefix("1000\n/workspace\n") && identity.exitCode == 0)
            #expect(try await sandbox.execute("cat", timeout: .seconds(20)).exitCode == 0)
            #expect(try await sandbox.execute("no-such-program", timeout: .seconds(20)).exitCode == 127)
            let long = "echo " + String(repeating: "x'", count: 20_000).replacing("'", with: "y") + "| wc -c"
            let counted = try await sandbox.execute(long, timeout: .seconds(20))
            #expect(counted.output.contains("40001"))
            let big = try await sandbox.execute("head -c 1000000 /dev/zero | tr '\\0' a", timeout: .seconds(30))
            #expect(big.output.utf8.count == 100_000 && big.truncated && big.exitCode == 0)
            let child = try await sandbox.execute("sleep 3000 & echo started", timeout: .seconds(60))
            #expect(child == ExecuteResult(output: "started\n", exitCode: 0))
            let late = try await sandbox.execute("echo begun; sleep 3001 & sleep 3001", timeout: .seconds(1))
            #expect(late == ExecuteResult(output: "begun\n", exitCode: 124, timedOut: true))
            let isGone = try await Self.isGone("sleep 3001", in: sandbox)
            #expect(isGone)
        }
    }

    @Test(arguments: images) func runs(image: String) async throws {
        try await use(image) { sandbox, _, _ in
            var request = RunRequest(argv: ["sh", "-c", "cat; printf 'e\\377' >&2; echo \"$A|$B\"; pwd"], runID: "1")
            request.environment = ["A": "a b", "B": "é'\""]
            request.workingDirectory = try SandboxPath("/tmp")
            request.stdin = [0, 255, 10] + Array(repeating: 7, count: 100_000)
            let first = try await run(sandbox, request)
            #expect(first.0.outcome == .exited(code: 0))
            #expect(first.stdout == request.stdin + Array("a b|é'\"\n/tmp\n".utf8))
            #expect(first.stderr == [101, 255])
            #expect(first.0.stdoutBytes == first.stdout.count && first.0.stderrBytes == 2)
            #expect(
                try await run(sandbox, RunRequest(argv: ["sh", "-c", "kill -9 $$"], runID: "2")).0.outcome
                    == .signalled(9))
            #expect(try await run(sandbox, RunRequest(argv: ["no-such"], runID: "3")).0.outcome == .exited(code: 127))
            let late = RunRequest(argv: ["sleep", "3002"], runID: "4", timeout: .seconds(1))
            #expect(try await run(sandbox, late).0.outcome == .timedOut)
            let limited = RunRequest(argv: ["yes"], runID: "5", outputLimit: 100_000)
            let cut = try await run(sandbox, limited)
            #expect(cut.0.outcome == .outputLimited && cut.stdout.count == 100_000)
            var nowhere = RunRequest(argv: ["true"], runID: "6")
            nowhere.workingDirectory = try SandboxPath("/no/such")
            await #expect(throws: SandboxError.self) { try await run(sandbox, nowhere) }
            let merged = RunRequest(argv: ["sh", "-c", "echo a; echo b >&2; echo c"], runID: "7", mergesStderr: true)
            #expect(try await run(sandbox, merged).stdout == Array("a\nb\nc\n".utf8))
        }
    }

    @Test("T86 A cancelled run leaves nothing behind", arguments: images)
    func aCancelledRunLeavesNothingBehind(image: String) async throws {
        try await use(image) { sandbox, _, _ in
            let (begun, signal) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                try await sandbox.run(RunRequest(argv: ["sh", "-c", "echo x; sleep 3003 & sleep 3003"], runID: "1")) {
                    _ in
                    signal.yield()
                }
            }
            for await _ in begun { break }
            task.cancel()
            let error = await #expect(throws: SandboxError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            let isGone = try await Self.isGone("sleep 3003", in: sandbox)
            #expect(isGone)
        }
    }

    @Test(arguments: images) func files(image: String) async throws {
        try await use(image) { sandbox, _, _ in
            let path = try SandboxPath("dir with space/ü'\"$x.bin")
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            #expect(try await sandbox.write(path, contents: bytes, mode: 0o640) == bytes.count)
            let read = try await sandbox.readBytes(path, offset: 0, length: 1_000_000)
            #expect(read.bytes == bytes && read.isAtEnd && read.size == 300_000)
            #expect(try await sandbox.exists(path))
            #expect(try await !sandbox.exists(SandboxPath("nothing")))
            let text = try SandboxPath("/workspace/t.txt")
            _ = try await sandbox.write(text, contents: Array("one\ntwo\nthree".utf8), mode: nil)
            #expect(
                try await sandbox.readLines(text, offset: 1, limit: 1)
                    == LineSlice(lines: [Array("two".utf8)], totalLines: 3))
            #expect(
                try await sandbox.edit(text, replacing: Array("two".utf8), with: Array("2".utf8), replacesAll: false)
                    == 1)
            let grep = try await sandbox.grep(GrepQuery(pattern: "^(2|three)$"))
            #expect(grep.matches.map(\.lineNumber) == [2, 3])
            #expect(try await sandbox.glob("*.txt", root: "/").entries.map(\.name) == [Array("t.txt".utf8)])
            let list = try await sandbox.list(SandboxPath("."))
            #expect(list.entries.map { String(decoding: $0.name, as: UTF8.self) } == ["dir with space", "t.txt"])
            #expect(list.entries.first?.isDirectory == true)
            let error = await #expect(throws: SandboxError.self) {
                try await sandbox.readBytes(SandboxPath("none"), offset: 0, length: 1)
            }
            #expect(error?.kind == .file(.notFound))
        }
    }

    @Test func orphansAreReapedAndTermEndsThePod() async throws {
        let template = try ManifestValue(json: Array(#"{"spec":{"terminationGracePeriodSeconds":600}}"#.utf8))
        let profile = RealCluster.profile { $0.podTemplate = template }
        try await RealCluster.use(["default": profile]) { provider in
            let started = try await provider.start(RealCluster.claim(provider))
            let orphans = """
                for i in $(seq 20); do (sleep 0.1 &); done; sleep 1
                grep -l 'State:.Z' /proc/[0-9]*/status | wc -l
                for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$f; echo; done | grep -c '^sleep 3600'
                """
            #expect(try await started.sandbox.execute(orphans, timeout: .seconds(20)).output == "0\n1\n")
            // Its first process ends at TERM: the grace period would be longer than discard waits.
            try await provider.discard(DiscardTarget(name: started.info.name, uid: started.info.uid, nonce: "n1"))
        }
    }

    @Test func operationsOnADeletedPodDoNotClaimSuccess() async throws {
        try await use("docker.io/library/busybox:1") { sandbox, info, provider in
            try await provider.discard(DiscardTarget(name: info.name, uid: info.uid, nonce: "n1"))
            let error = await #expect(throws: SandboxError.self) {
                try await sandbox.execute("true", timeout: .seconds(5))
            }
            #expect(error?.kind == .backendUnavailable)
        }
    }
}
