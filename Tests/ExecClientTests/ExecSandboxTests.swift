import ExecAPI
import Foundation
import SandboxCore
import Synchronization
import Testing

@testable import ExecClient

@Suite(.enabled(if: TestExecd.path != nil, TestExecd.missing), .timeLimit(.minutes(1)))
struct ExecSandboxTests {
    /// The outputs of a run and its end.
    private static func run(
        _ sandbox: ExecSandbox, _ request: RunRequest
    ) async throws -> (stdout: [UInt8], stderr: [UInt8], end: RunEnd) {
        let output = Mutex<(stdout: [UInt8], stderr: [UInt8])>(([], []))
        let end = try await sandbox.run(request) { (chunk) throws(SandboxError) in
            output.withLock {
                if chunk.stream == .stdout { $0.stdout += chunk.bytes } else { $0.stderr += chunk.bytes }
            }
        }
        let (stdout, stderr) = output.withLock(\.self)
        return (stdout, stderr, end)
    }

    private static func shell(_ script: String) -> RunRequest {
        RunRequest(argv: ["sh", "-c", script], runID: "run-\(UInt64.random(in: 0 ... .max))")
    }

    @Test func `who answers`() async throws {
        try await ExecdFixture.with { sandbox, process in
            let info = try await sandbox.connection.info()
            #expect(info.workDirectory == sandbox.workDirectory)
            #expect(info.processID == process.processIdentifier)
            #expect(!info.version.isEmpty && !info.instance.isEmpty)
        }
    }

    @Test func `a wrong token is refused`() async throws {
        try await ExecdFixture.with(token: "wrong") { sandbox, _ in
            let info = await #expect(throws: SandboxError.self) { try await sandbox.connection.info() }
            #expect(info?.kind == .backendUnavailable)
            let execute = await #expect(throws: SandboxError.self) {
                try await sandbox.execute("true", timeout: .seconds(5))
            }
            #expect(execute?.kind == .backendUnavailable)
        }
    }

    @Test(arguments: [
        ("echo out; echo err >&2; exit 4", "out\nerr\n", 4), ("kill -KILL $$", "", 137),
        ("printf 'a\\377b'", "a\u{FFFD}b", 0),
        ("/nowhere/at-all 2>/dev/null", "", 127), ("cat", "", 0),
    ])
    func `execute tells output and exit code`(_ command: String, _ output: String, _ code: Int) async throws {
        try await ExecdFixture.with { sandbox, _ in
            let result = try await sandbox.execute(command, timeout: .seconds(20))
            #expect(result == ExecuteResult(output: output, exitCode: code))
        }
    }

    @Test func `execute runs into its deadline with what came so far`() async throws {
        try await ExecdFixture.with { sandbox, _ in
            let result = try await sandbox.execute("echo before; sleep 1000; echo after", timeout: .milliseconds(300))
            #expect(result == ExecuteResult(output: "before\n", exitCode: 124, timedOut: true))
        }
    }

    @Test func `execute lets a command with much output end by itself`() async throws {
        try await ExecdFixture.with { sandbox, _ in
            let result = try await sandbox.execute(
                "head -c 30000000 /dev/zero | tr '\\0' x; touch ended; exit 5", timeout: .seconds(120))
            #expect(result.exitCode == 5)
            #expect(result.truncated)
            #expect(result.output.utf8.count == ExecuteResult.maximumOutputBytes)
            #expect(try await sandbox.exists(SandboxPath("ended")))
        }
    }

    @Test func `run keeps the streams apart and takes everything it is given`() async throws {
        try await ExecdFixture.with { sandbox, _ in
            try FileManager.default.createDirectory(
                atPath: sandbox.workDirectory + "/sub", withIntermediateDirectories: true)
            var request = Self.shell("cat; echo $X >&2; pwd >&2; exit 2")
            request.stdin = Array(0...255)
            request.environment = ["X": "a b"]
            request.workingDirectory = try SandboxPath("sub")
            let (stdout, stderr, end) = try await Self.run(sandbox, request)
            #expect(stdout == Array(0...255))
            #expect(String(decoding: stderr, as: UTF8.self) == "a b\n\(sandbox.workDirectory)/sub\n")
            #expect(end.outcome == .exited(code: 2))
            #expect(end.stdoutBytes == 256)
            #expect(end.duration > .zero)
        }
    }

    @Test func `a run ends in exactly one way`() async throws {
        try await ExecdFixture.with { sandbox, _ in
            #expect(try await Self.run(sandbox, Self.shell("kill -TERM $$")).end.outcome == .signalled(15))
            var endless = Self.shell("while :; do echo xxxxxxxxxxxxxxxx; done")
            endless.outputLimit = 10_000
            let (stdout, _, end) = try await Self.run(sandbox, endless)
            #expect(end.outcome == .outputLimited)
            #expect(stdout.count == 10_000)
            var sleeping = Self.shell("sleep 1000")
            sleeping.timeout = .milliseconds(200)
            #expect(try await Self.run(sandbox, sleeping).end.outcome == .timedOut)
        }
    }

    @Test func `a run id is used once`() async throws {
        try await ExecdFixture.with { sandbox, _ in
            let request = Self.shell("echo x >> f")
            _ = try await Self.run(sandbox, request)
            let error = await #expect(throws: SandboxError.self) { try await Self.run(sandbox, request) }
            #expect(error?.kind == .conflict)
            #expect(try await sandbox.readBytes(SandboxPath("f"), offset: 0, length: 10).bytes == [0x78, 0x0A])
        }
    }

    @Test func `a cancelled run's processes are gone when the call returns`() async throws {
        try await ExecdFixture.with { sandbox, _ in
            let (started, sink) = AsyncStream.makeStream(of: Int32.self)
            let request = Self.shell("echo $$; trap '' TERM; sleep 1000 & wait; sleep 1000")
            let error = try await withThrowingTaskGroup(of: SandboxError?.self) { group in
                group.addTask {
                    await #expect(throws: SandboxError.self) {
                        try await sandbox.run(request) { (chunk) throws(SandboxError) in
                            let text = String(decoding: chunk.bytes, as: UTF8.self)
                            if let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) { sink.yield(pid) }
                        }
                    }
                }
                var pid: Int32 = 0
                for await started in started {
                    pid = started
                    break
                }
                group.cancelAll()
                let error = try await group.next() ?? nil
                // The group is killed at the latest when the grace of 2 s is over.
                while kill(-pid, 0) == 0 { try await Task.sleep(for: .milliseconds(10)) }
                return error
            }
            #expect(error?.kind == .cancelled)
        }
    }

    @Test func `an execd that is killed leaves an unknown outcome`() async throws {
        try await ExecdFixture.with { sandbox, process in
            let pid = process.processIdentifier
            let error = await #expect(throws: SandboxError.self) {
                try await sandbox.run(Self.shell("echo started; sleep 1000")) { (_) throws(SandboxError) in
                    kill(pid, SIGKILL)
                }
            }
            #expect(error?.kind == .outcomeUnknown)
        }
    }

    @Test func `files come back byte for byte`() async throws {
        try await ExecdFixture.with { sandbox, _ in
            let path = try SandboxPath(bytes: Array("dir/näme ".utf8) + [0xFF, 0x0A])
            let bytes: [UInt8] = Array(0...255) + Array("line\r\nlast".utf8)
            #expect(try await sandbox.write(path, contents: bytes, mode: 0o640) == bytes.count)
            #expect(try await sandbox.exists(path))
            #expect(
                try await sandbox.readBytes(path, offset: 0, length: 1000)
                    == ByteSlice(bytes: bytes, size: Int64(bytes.count), isAtEnd: true))
            #expect(
                try await sandbox.readBytes(path, offset: 250, length: 3)
                    == ByteSlice(bytes: [250, 251, 252], size: Int64(bytes.count), isAtEnd: false))
            #expect(try await sandbox.readBytes(path, offset: 1000, length: 3).isAtEnd)
            let entry = try #require(try await sandbox.list(SandboxPath("dir")).entries.first)
            #expect(entry.name == Array("näme ".utf8) + [0xFF, 0x0A])
            #expect(entry.mode == 0o640)
            #expect(entry.size == Int64(bytes.count))

            let text = try SandboxPath("dir/t.txt")
            _ = try await sandbox.write(text, contents: Array("a\nb\na\n".utf8), mode: nil)
            #expect(
                try await sandbox.readLines(text, offset: 1, limit: 1)
                    == LineSlice(lines: [Array("b".utf8)], totalLines: 3))
            #expect(try await sandbox.edit(text, replacing: [0x61], with: [0xFE], replacesAll: true) == 2)
            #expect(try await sandbox.glob("*.txt", root: "/").entries.map(\.name) == [Array("t.txt".utf8)])
            let matches = try await sandbox.grep(GrepQuery(pattern: "^b$", path: SandboxPath("dir"), glob: "*.txt"))
            #expect(matches.matches.map(\.lineNumber) == [2])
            #expect(try await sandbox.exists(SandboxPath("dir")) == false)
        }
    }

    @Test func `file errors keep their reason and text`() async throws {
        try await ExecdFixture.with { sandbox, _ in
            let missing = try SandboxPath("/none")
            let read = await #expect(throws: SandboxError.self) {
                try await sandbox.readLines(missing, offset: 0, limit: 1)
            }
            #expect(read == .file(.notFound, "File '/none' not found"))
            let directory = await #expect(throws: SandboxError.self) {
                try await sandbox.readBytes(SandboxPath("/usr"), offset: 0, length: 1)
            }
            #expect(directory?.kind == .file(.isDirectory))
            let file = try SandboxPath("f")
            _ = try await sandbox.write(file, contents: Array("aa".utf8), mode: nil)
            let many = await #expect(throws: SandboxError.self) {
                try await sandbox.edit(file, replacing: [0x61], with: [], replacesAll: false)
            }
            #expect(many?.kind == .file(.manyMatches))
            let none = await #expect(throws: SandboxError.self) {
                try await sandbox.edit(file, replacing: [0x62], with: [], replacesAll: false)
            }
            #expect(none?.kind == .file(.noMatch))
            let big = await #expect(throws: SandboxError.self) {
                let bytes = [UInt8](repeating: 0, count: ExecLimits.maximumWriteBytes + 1)
                return try await sandbox.write(file, contents: bytes, mode: nil)
            }
            #expect(big?.kind == .tooLarge(limit: ExecLimits.maximumWriteBytes))
        }
    }
}
