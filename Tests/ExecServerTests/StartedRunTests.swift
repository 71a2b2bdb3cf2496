import ExecAPI
import Foundation
import Testing

@Suite("Started runs", .timeLimit(.minutes(2))) struct StartedRunTests {
    private func start(_ server: Execd, _ body: RunBody) async throws -> Bool {
        let reply = try await server.send("/v1/start", try body.json)
        guard reply.status == 200 else { throw TestFailure("status \(reply.status): \(reply.text)") }
        return try JSONDecoder().decode(StartResult.self, from: Data(reply.body)).isNew
    }

    private func attach(_ server: Execd, _ id: String, _ stdout: Int = 0, _ stderr: Int = 0) async throws -> RunAnswer {
        try RunAnswer(
            try await server.send(
                "/v1/attach", #"{"run_id":"\#(id)","stdout_offset":\#(stdout),"stderr_offset":\#(stderr)}"#))
    }

    private func input(_ server: Execd, _ body: InputBody) async throws -> TestReply {
        try await server.send("/v1/stdin", String(decoding: try JSONEncoder().encode(body), as: UTF8.self))
    }

    private func runs(_ server: Execd) async throws -> [RunsResult.Run] {
        try JSONDecoder().decode(RunsResult.self, from: Data(try await server.get("/v1/runs").body)).runs
    }

    @Test("T98 go on without their caller, start once, and give their output to whoever attaches")
    func startAndAttach() async throws {
        try await Execd.with { server async throws in
            let body = RunBody.shell("echo x >> count; echo one; echo two >&2; sleep 0.2; echo three; exit 3", id: "b")
            #expect(try await start(server, body))
            #expect(try await !start(server, body))
            let whole = try await attach(server, "b")
            #expect(whole.out == "one\nthree\n" && whole.err == "two\n")
            #expect(whole.outcome?.code == 3 && whole.outcome?.stdoutBytes == 10)
            // After its end, and from any byte.
            let rest = try await attach(server, "b", 4, 4)
            #expect(rest.out == "three\n" && rest.err.isEmpty && rest.outcome?.code == 3)
            #expect(try await !start(server, body))
            #expect(try String(contentsOfFile: server.directory + "/count", encoding: .utf8) == "x\n")
            let row = try #require(try await runs(server).first)
            #expect(row.runID == "b" && row.outcome?.code == 3 && row.stdoutBytes == 10 && row.stdoutKept == 0)
        }
    }

    @Test("can be waited for, not longer than was asked")
    func wait() async throws {
        try await Execd.with { server async throws in
            #expect(try await start(server, .shell("until [ -e go ]; do sleep 0.01; done", id: "w")))
            #expect(try await server.send("/v1/wait", #"{"run_id":"w","seconds":0.05}"#).text == "{}")
            #expect(try await runs(server).first?.outcome == nil)
            // What has been waited for longer than a test may take would not have been answered by the time.
            let waiting = try await server.open()
            let body = Array(#"{"run_id":"w","seconds":3600}"#.utf8)
            try await waiting.write(TestRequest("/v1/wait", body: body, token: Execd.token).bytes)
            let leaving = try await server.open()
            try await leaving.write(TestRequest("/v1/wait", body: body, token: Execd.token).bytes)
            leaving.close()
            #expect(try await server.write("go", []).status == 200)
            #expect(try await waiting.reply().status == 200)
            #expect(try await runs(server).first?.outcome?.code == 0)
            for id in ["w", "unknown"] {
                #expect(try await server.send("/v1/wait", #"{"run_id":"\#(id)","seconds":3600}"#).status == 200)
            }
            #expect(try await server.send("/v1/wait", #"{"run_id":"w","seconds":0}"#).status == 400)
        }
    }

    @Test("are not killed by a reader that goes away; another one gets the rest byte for byte")
    func resume() async throws {
        try await Execd.with { server async throws in
            let total = 20_000_000
            var body = RunBody.shell("seq 1 100000000 | head -c \(total)", id: "big")
            body.outputLimit = total * 2
            #expect(try await start(server, body))
            let first = try await server.open()
            try await first.write(
                TestRequest(
                    "/v1/attach", body: Array(#"{"run_id":"big","stdout_offset":0,"stderr_offset":0}"#.utf8),
                    token: Execd.token
                ).bytes)
            _ = try await first.read(100_000)
            first.close()
            let whole = try await attach(server, "big")
            #expect(whole.stdout.count == total && whole.outcome?.code == 0)
            let tail = try await attach(server, "big", total - 1_000_001)
            #expect(tail.stdout == Array(whole.stdout.suffix(1_000_001)))
            var expected = (1...).lazy.flatMap { Array("\($0)\n".utf8) }.makeIterator()
            #expect(whole.stdout.allSatisfy { $0 == expected.next() })
        }
    }

    @Test("that nobody reads go on; what is over the limit of what is kept is refused, not skipped")
    func overTheSpool() async throws {
        try await Execd.with { server async throws in
            var body = RunBody.shell("head -c 70000000 /dev/zero; echo end >&2", id: "much")
            body.outputLimit = 1 << 30
            #expect(try await start(server, body))
            let isOver = await eventually {
                try await runs(server).first?.outcome != nil
            }
            #expect(isOver)
            let kept = try #require(try await runs(server).first?.stdoutKept)
            #expect(kept == 70_000_000 - (64 << 20))
            let early = try await server.send(
                "/v1/attach", #"{"run_id":"much","stdout_offset":0,"stderr_offset":0}"#)
            #expect(early.status == 400 && early.text.contains("kept from byte \(kept)"))
            #expect(try await attach(server, "much", kept).stdout.count == 64 << 20)
            let late = try await server.send(
                "/v1/attach", #"{"run_id":"much","stdout_offset":70000001,"stderr_offset":0}"#)
            #expect(late.status == 400)
        }
    }

    @Test("take stdin in pieces, each once, until its end")
    func stdin() async throws {
        try await Execd.with { server async throws in
            var body = RunBody(argv: ["cat"], runID: "cat", stdin: Base64Bytes(Array("first ".utf8)))
            body.keepsInputOpen = true
            #expect(try await start(server, body))
            func send(_ text: String, _ offset: Int?, last: Bool = false) async throws -> TestReply {
                try await input(
                    server,
                    InputBody(runID: "cat", bytes: Base64Bytes(Array(text.utf8)), offset: offset, isLast: last))
            }
            let first = try JSONDecoder().decode(InputResult.self, from: Data(try await send("abc", 0).body))
            #expect(first == InputResult(start: 0, accepted: 3))
            #expect(try await send("abc", 0).status == 200)
            #expect(try await send("bcde", 1).status == 200)
            #expect(try await send("z", 9).status == 409)
            #expect(try await send("f", nil, last: true).status == 200)
            #expect(try await send("g", nil).status == 409)
            #expect(try await attach(server, "cat").out == "first abcdef")
            let unknown = try await input(
                server, InputBody(runID: "none", bytes: Base64Bytes([1]), offset: nil, isLast: false))
            #expect(unknown.status == 404 && unknown.error["kind"] as? String == "unknown_run")
            #expect(
                try await server.send(
                    "/v1/attach", #"{"run_id":"none","stdout_offset":0,"stderr_offset":0}"#
                ).status == 404)
        }
    }

    @Test("have a terminal of their size, which can change, with its own signals")
    func terminal() async throws {
        try await Execd.with { server async throws in
            var body = RunBody.shell(
                "test -t 0 && test -t 2 && stty size; trap 'stty size' WINCH; echo ready; until read a; do :; done; echo got $a; cat; echo end",
                id: "tty")
            body.terminal = TerminalSizeBody(columns: 91, rows: 37)
            #expect(try await start(server, body))
            func produced(_ count: Int) async -> Bool {
                await eventually { try await runs(server).first?.stdoutBytes ?? 0 >= count }
            }
            #expect(await produced(14))
            let resize = try await server.send("/v1/resize", #"{"run_id":"tty","pty":{"cols":100,"rows":40}}"#)
            #expect(resize.status == 200)
            #expect(await produced(22))
            #expect(try await server.send("/v1/resize", #"{"run_id":"tty","pty":{"cols":0,"rows":4}}"#).status == 400)
            for (text, last) in [("x\n", false), ("", true)] {
                let sent = try await input(
                    server,
                    InputBody(runID: "tty", bytes: Base64Bytes(Array(text.utf8)), offset: nil, isLast: last))
                #expect(sent.status == 200)
            }
            let answer = try await attach(server, "tty")
            #expect(answer.out.hasPrefix("37 91\r\nready\r\n") && answer.out.contains("40 100\r\n"))
            #expect(answer.out.contains("got x\r\n") && answer.out.hasSuffix("end\r\n"), "\(answer.out)")
            #expect(answer.outcome?.code == 0 && answer.err.isEmpty)
        }
    }

    @Test("get signals, and stopping takes all of them along")
    func signals() async throws {
        try await Execd.with { server async throws in
            let line = "trap 'echo caught; exit 7' USR1; echo up; while :; do sleep 0.05; done"
            #expect(try await start(server, .shell(line, id: "s")))
            #expect(await eventually { try await runs(server).first?.stdoutBytes ?? 0 >= 3 })
            #expect(try await server.send("/v1/signal", #"{"run_id":"s","signal":99}"#).status == 400)
            #expect(try await server.send("/v1/signal", #"{"run_id":"s","signal":10}"#).status == 200)
            let answer = try await attach(server, "s")
            #expect(answer.out == "up\ncaught\n" && answer.outcome?.code == 7)
            #expect(try await server.send("/v1/signal", #"{"run_id":"s","signal":10}"#).status == 200)
            #expect(try await server.send("/v1/signal", #"{"run_id":"none","signal":10}"#).status == 200)
        }
    }

    @Test("that are late leave no process: not in a session of its own, not without a parent, not behind a trap")
    func nothingLeft() async throws {
        try await Execd.with { server async throws in
            let line = """
                trap '' TERM
                (sleep 7001 & sleep 7002 &)
                setsid sh -c 'trap "" TERM; (sleep 7003 &) ; sleep 7004' &
                (setsid sleep 7005 &)
                echo up; sleep 7006
                """
            var body = RunBody.shell(line)
            body.timeout = 0.5
            let answer = try await server.run(body)
            #expect(answer.outcome?.kind == .timedOut && answer.out == "up\n")
            #expect((answer.outcome?.duration ?? 9) < 4)
            let left = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter {
                let line = (try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8)) ?? ""
                return line.hasPrefix("sleep\u{0}700") || line.contains("sleep 7004")
            }
            #expect(left.isEmpty)
        }
    }

    @Test("that end well leave their background children alone")
    func background() async throws {
        try await Execd.with { server async throws in
            let answer = try await server.run(.shell("setsid sleep 7100 & echo $!"))
            let pid = try #require(Int32(answer.out.trimmingCharacters(in: .whitespacesAndNewlines)))
            #expect(answer.outcome?.code == 0 && kill(pid, 0) == 0)
            kill(pid, SIGKILL)
        }
    }
}
