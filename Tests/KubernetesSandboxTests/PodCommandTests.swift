import Foundation
import Glibc
import SandboxCore
import Testing

@testable import KubernetesSandbox

/// The shell around a command, run by this host's own shells just as a pod's would.
@Suite struct PodCommandTests {
    struct Ran {
        var stdout: String
        var stderr: String
        var result: ShellFrame.End?
    }

    static let shells = [["/bin/sh"], ["/bin/bash"], ["/bin/busybox", "sh"]].filter {
        FileManager.default.isExecutableFile(atPath: $0[0])
    }

    private func run(_ command: PodCommand, by shell: [String]) throws -> Ran {
        let (arguments, input) = command.invocation(marker: "Mark3r:")
        #expect(arguments[0] == "/bin/sh")
        let child = try SpawnedShell(shell + arguments.dropFirst())
        if let input { child.send(input) }
        // stdin stays open: v4 of pods/exec cannot end one either.
        var frame = ShellFrame(marker: "Mark3r:")
        let output = frame.feed(.stdout, child.output())
        let errors = frame.feed(.stderr, child.errors())
        _ = child.end()
        #expect(frame.shellID == child.pid)
        return Ran(
            stdout: String(decoding: output, as: UTF8.self), stderr: String(decoding: errors, as: UTF8.self),
            result: frame.result)
    }

    private func command(_ argv: [String], stdin: String = "", merges: Bool = false) -> PodCommand {
        PodCommand(
            argv: argv, directory: "/tmp", timeout: .seconds(20), stdin: Array(stdin.utf8), mergesStderr: merges)
    }

    @Test(arguments: shells) func streamsAndExitCodes(shell: [String]) throws {
        let ran = try run(command(["sh", "-c", "echo out; echo err >&2; pwd; exit 3"]), by: shell)
        #expect(ran.stdout == "out\n/tmp\n")
        #expect(ran.stderr == "err\n")
        #expect(ran.result == .exited(3))
    }

    @Test(arguments: shells) func mergedOutputKeepsItsOrder(shell: [String]) throws {
        let ran = try run(
            command(["sh", "-c", "for i in 1 2 3; do echo o$i; echo e$i >&2; done"], merges: true), by: shell)
        #expect(ran.stdout == "o1\ne1\no2\ne2\no3\ne3\n")
        #expect(ran.stderr.isEmpty)
    }

    @Test(arguments: shells) func argumentsArriveAsTheyAre(shell: [String]) throws {
        let odd = ["a b", "'", "\"$HOME\" `id`", "-n", "", "\\", "x\ny\n", "é", "*", "$(id)", "%s"]
        let short = try run(command(["printf", "[%s]"] + odd), by: shell)
        #expect(short.stdout == odd.map { "[\($0)]" }.joined())
        // So many that they go through stdin.
        let many = Array(repeating: odd, count: 100).flatMap { $0 }
        let long = command(["printf", "[%s]"] + many)
        #expect(long.invocation(marker: "m").input != nil)
        #expect(try run(long, by: shell).stdout == many.map { "[\($0)]" }.joined())
    }

    @Test(arguments: shells) func stdinArrivesAndEnds(shell: [String]) throws {
        let text = "line\n\u{0}é" + String(repeating: "x", count: 10_000)
        #expect(try run(command(["cat"], stdin: text), by: shell).stdout == text)
        let long = command(["sh", "-c", "cat; : " + String(repeating: "y", count: 5000)], stdin: text)
        #expect(try run(long, by: shell).stdout == text)
        #expect(try run(command(["cat"]), by: shell).stdout.isEmpty)
    }

    @Test(arguments: shells) func signalsAndMissingPrograms(shell: [String]) throws {
        #expect(try run(command(["sh", "-c", "kill -9 $$"]), by: shell).result == .exited(137))
        #expect(try run(command(["no-such-program"]), by: shell).result == .exited(127))
        #expect(RunOutcome(shellCode: 137) == .signalled(9))
        #expect(RunOutcome(shellCode: 200) == .exited(code: 200))
    }

    @Test(arguments: shells) func aDirectoryThatIsNotThere(shell: [String]) throws {
        var command = command(["true"])
        command.directory = "/no/such"
        #expect(try run(command, by: shell).result == .noDirectory)
    }

    @Test(arguments: shells) func theDeadlineEndsTheWholeGroup(shell: [String]) throws {
        var command = command(["sh", "-c", "echo begun; sleep 3000 & sleep 3000"])
        command.timeout = .seconds(1)
        // Reading to the end of stdout below shows that no child is left to hold it.
        let ran = try run(command, by: shell)
        #expect(ran.stdout == "begun\n")
        guard case .exited(let code)? = ran.result else {
            Issue.record("no end")
            return
        }
        #expect([124, 137, 143].contains(code))
    }

    @Test(arguments: shells) func aTermToTheShellEndsTheGroup(shell: [String]) throws {
        let (arguments, _) = command(["sh", "-c", "echo begun; sleep 3000 & sleep 3000"]).invocation(marker: "Mark3r:")
        let child = try SpawnedShell(shell + arguments.dropFirst())
        _ = child.output(until: "begun\n")
        kill(child.pid, SIGTERM)
        // Ends only when nobody holds the pipe any more.
        _ = child.output()
        _ = child.end()
    }

    @Test func wordsOfARun() throws {
        var request = RunRequest(argv: ["a=b", "c"], runID: "1")
        #expect(try request.words() == ["a=b", "c"])
        request.environment = ["B": "2", "A": "1"]
        #expect(try request.words() == ["env", "A=1", "B=2", "sh", "-c", #"exec "$@""#, "sh", "a=b", "c"])
        request.argv = []
        #expect(throws: SandboxError.self) { try request.words() }
        request.argv = ["x"]
        request.environment = ["-u": "HOME"]
        #expect(throws: SandboxError.self) { try request.words() }
    }

    @Test func cappedOutputNeverSplitsACharacter() {
        var output = CappedOutput()
        output.append(Array(String(repeating: "x", count: 99_999).utf8))
        output.append(Array("é tail".utf8))
        let result = output.result(exitCode: 0)
        #expect(result.output == String(repeating: "x", count: 99_999))
        #expect(result.truncated)
        var odd = CappedOutput()
        odd.append([UInt8](repeating: 0xFF, count: 60_000))
        #expect(odd.result(exitCode: 0).output.utf8.count <= ExecuteResult.maximumOutputBytes)
        #expect(odd.result(exitCode: 0).truncated)
        var whole = CappedOutput()
        whole.append(Array("ok\u{FFFD}".utf8))
        #expect(whole.result(exitCode: 1) == ExecuteResult(output: "ok\u{FFFD}", exitCode: 1))
    }

    @Test func aRunsOutputIsCutAtItsLimit() {
        var meter = OutputMeter(limit: 5)
        #expect(meter.take(.stdout, [1, 2, 3]).0 == OutputChunk(stream: .stdout, offset: 0, bytes: [1, 2, 3]))
        #expect(!meter.isOver)
        #expect(meter.take(.stderr, [4, 5, 6]).0 == OutputChunk(stream: .stderr, offset: 0, bytes: [4, 5]))
        #expect(meter.isOver)
        #expect(meter.end(.outputLimited, duration: .zero).stdoutBytes == 3)
    }

    @Test func addressesInURLs() {
        #expect(PodRoute.host("10.1.2.3") == "10.1.2.3")
        #expect(PodRoute.host("fd00::1") == "[fd00::1]")
    }
}
