import ControlAPI
import ControlServer
import Foundation
import JSONRPC
import Testing

@Suite struct ExecTests {
    /// A run that ended; `stdout` and `stderr` are how much of each was streamed.
    private static func result(
        _ runID: String?, stdout: Int = 0, stderr: Int = 0, code: Int? = 0, timedOut: Bool = false,
        limited: Bool = false, duration: Double = 65
    ) -> RunResult {
        RunResult(
            runID: runID ?? "", stdout: "", stdoutBase64: nil, stderr: "", stderrBase64: nil, exitCode: code,
            signal: nil,
            timedOut: timedOut, outputLimited: limited, oomKilled: false, duration: duration, stdoutBytes: stdout,
            stderrBytes: stderr)
    }

    /// Streams a piece of output as the daemon does.
    private static func write(_ bytes: [UInt8], _ stream: String, _ runID: String?, _ call: ControlCall) async throws {
        let (text, base64) = LossyText.split(bytes)
        let output = RunOutput(
            requestID: call.requestID ?? .null, runID: runID ?? "", stream: stream, offset: 0,
            data: base64 == nil ? text : nil, dataBase64: base64)
        try await call.notify(RunOutput.name, output)
    }

    @Test func passesEverythingOn() async throws {
        try await withDaemon { router in
            router.on(SandboxRun.self) { params, call in
                #expect(params.sessionID == "s")
                #expect(params.argv == ["sh", "-c", "exit 3", "--socket", "-o"])
                #expect(params.workingDirectory == "/tmp")
                #expect(params.environment == ["A": "1"])
                #expect(params.timeout == 5)
                #expect(params.stream == true)
                #expect(params.stdinOpen == nil)
                #expect(params.pty == nil)
                try await Self.write([0xFF, 0x00], "stdout", params.runID, call)
                try await Self.write(Array("ä\r".utf8), "stderr", params.runID, call)
                try await Self.write([1], "stdout", "of another run", call)
                try await Self.write([0x0A], "stdout", params.runID, call)
                return Self.result(params.runID, stdout: 3, stderr: 3, code: 3)
            }
        } _: { path in
            let outcome = await podkeeper(
                "exec", "s", "--socket", path, "--cwd", "/tmp", "--env", "A=1", "--timeout", "5", "--", "sh", "-c",
                "exit 3", "--socket", "-o", input: [0, 0xFF, 10])
            #expect(outcome.code == 3)
            #expect(outcome.output == [0xFF, 0x00, 0x0A])
            #expect(outcome.errorText == "ä\r")
        }
    }

    @Test func writesAllOfMuchOutput() async throws {
        let piece = [UInt8](repeating: 0x61, count: 40_000)
        try await withDaemon { router in
            router.on(SandboxRun.self) { params, call in
                for _ in 0..<500 { try await Self.write(piece, "stdout", params.runID, call) }
                return Self.result(params.runID, stdout: 500 * piece.count)
            }
        } _: { path in
            let outcome = await podkeeper("exec", "s", "--socket", path, "--", "yes")
            #expect(outcome.code == 0)
            #expect(outcome.output.count == 20_000_000)
        }
    }

    @Test func neverTakesHalfOfTheOutputForAllOfIt() async throws {
        try await withDaemon { router in
            router.on(SandboxRun.self) { params, call in
                try await Self.write([1], "stdout", params.runID, call)
                return Self.result(params.runID, stdout: 2)
            }
        } _: { path in
            let outcome = await podkeeper("exec", "s", "--socket", path, "--", "true")
            #expect(outcome.code == 1)
            #expect(outcome.errorText.contains("1 of 2 bytes of stdout"))
        }
    }

    @Test func sendsNoInputUnlessTold() async throws {
        try await withDaemon { router in
            router.on(SandboxRun.self) { params, _ in
                #expect(params.stdin == nil)
                #expect(params.stdinBase64 == nil)
                return Self.result(params.runID)
            }
        } _: { path in
            let outcome = await podkeeper("--socket", path, "exec", "s", "--", "true", input: [1])
            #expect(outcome.code == 0)
            #expect(outcome.output.isEmpty)
        }
    }

    @Test func saysHowItEnded() async throws {
        try await withDaemon { router in
            router.on(SandboxRun.self) { params, call in
                switch params.argv[0] {
                case "late":
                    try await Self.write(Array("so far".utf8), "stdout", params.runID, call)
                    return Self.result(params.runID, stdout: 6, code: nil, timedOut: true)
                case "brief": return Self.result(params.runID, code: nil, timedOut: true, duration: 0.5)
                case "loud": return Self.result(params.runID, code: nil, limited: true)
                case "killed": return Self.result(params.runID, code: 137)
                default: return Self.result(params.runID, code: nil)
                }
            }
        } _: { path in
            let late = await podkeeper("exec", "s", "--socket", path, "--", "late")
            #expect(late.code == 124)
            #expect(late.outputText == "so far")
            #expect(late.errorText == "podkeeper: the program's time was over after 1m5s\n")
            let brief = await podkeeper("exec", "s", "--socket", path, "--timeout", "0.5", "--", "brief")
            #expect(brief.errorText == "podkeeper: the program's time was over after 0.5s\n")
            #expect(await podkeeper("exec", "s", "--socket", path, "--", "loud").code == 1)
            #expect(await podkeeper("exec", "s", "--socket", path, "--", "killed").code == 137)
            // Never 0 when the end is not known.
            #expect(await podkeeper("exec", "s", "--socket", path, "--", "odd").code == 1)
            let json = await podkeeper("exec", "s", "-o", "json", "--socket", path, "--", "killed")
            #expect(json.code == 137)
            let result = try JSONCoding.decode(JSONValue.self, from: json.output[...])
            #expect(result["exit_code"] == 137)
        }
    }

    @Test func sendsInputAsItComes() async throws {
        let input = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }
        let stdin = FakeStdin()
        try await withDaemon { router in
            stdin.serve(on: &router)
            router.on(SandboxRun.self) { params, _ in
                #expect(params.stdinOpen == true)
                stdin.start(params.runID ?? "")
                #expect(await stdin.untilItsEnd() == input)
                return Self.result(params.runID, code: 7)
            }
        } _: { path in
            #expect(await podkeeper("exec", "s", "--socket", path, "-i", "--", "cat", input: input).code == 7)
        }
    }

    @Test func sendsInputWithTheRequestWhereNothingElseWorks() async throws {
        try await withDaemon { router in
            router.on(SandboxListRuns.self) { _, _ in SandboxListRuns.Result(runs: []) }
            router.on(SandboxRun.self) { params, _ in
                guard params.stdinOpen == nil else { throw RPCError.invalidParams("there is no exec server") }
                #expect(params.stdinBase64.flatMap { Data(base64Encoded: $0) } == Data([0, 0xFF, 10]))
                return Self.result(params.runID)
            }
        } _: { path in
            let whole = await podkeeper("exec", "s", "--socket", path, "-i", "--", "cat", input: [0, 0xFF, 10])
            #expect(whole.code == 0)
            let long = await podkeeper(
                "exec", "s", "--socket", path, "-i", "--", "cat", input: [UInt8](repeating: 0, count: 10_485_761))
            #expect(long.code == 1)
            #expect(long.errorText.hasPrefix("podkeeper: standard input has more than 10485760 bytes\nhint: "))
        }
    }

    @Test func givesTheProgramATerminal() async throws {
        let screen = FakeConsole(size: WindowSize(columns: 132, rows: 43))
        let stdin = FakeStdin()
        let (resized, onResize) = AsyncStream.makeStream(of: WindowSize.self)
        try await withDaemon { router in
            stdin.serve(on: &router)
            router.on(SandboxResize.self) { params, _ in
                onResize.yield(WindowSize(columns: params.columns, rows: params.rows))
                return EmptyResult()
            }
            router.on(SandboxRun.self) { params, call in
                #expect(params.pty == WindowSize(columns: 132, rows: 43))
                #expect(params.environment == ["TERM": "xterm"])
                #expect(screen.isRaw)
                stdin.start(params.runID ?? "")
                #expect(await stdin.untilItsEnd() == [0x03])
                screen.resize(WindowSize(columns: 80, rows: 24))
                #expect(await resized.first { _ in true } == WindowSize(columns: 80, rows: 24))
                try await Self.write(Array("$ ".utf8), "stdout", params.runID, call)
                return Self.result(params.runID, stdout: 2, code: 130)
            }
        } _: { path in
            let outcome = await podkeeper(
                "shell", "s", "--socket", path, input: [0x03], environment: ["TERM": "xterm"], console: screen.console)
            #expect(outcome.code == 130)
            #expect(outcome.outputText == "$ ")
            #expect(!screen.isRaw)
            let bare = await podkeeper("exec", "s", "--socket", path, "-it", "--", "sh")
            #expect(bare.code == 1)
            #expect(bare.errorText.contains("no terminal"))
        }
    }

    @Test func leavesTheTerminalAsItWasHoweverItEnds() async throws {
        let screen = FakeConsole(size: nil)
        try await withDaemon { router in
            router.on(SandboxListRuns.self) { _, _ in SandboxListRuns.Result(runs: []) }
            router.on(SandboxRun.self) { params, _ in
                guard params.sessionID != "gone" else { throw RPCError.internalError("gone") }
                screen.end(by: SIGTERM)
                try await Task.sleep(for: .seconds(600))
                return Self.result(params.runID)
            }
        } _: { path in
            #expect(await podkeeper("shell", "gone", "--socket", path, console: screen.console).code == 1)
            #expect(!screen.isRaw)
            #expect(await podkeeper("shell", "s", "--socket", path, console: screen.console).code == 128 + SIGTERM)
            #expect(!screen.isRaw)
        }
    }
}
