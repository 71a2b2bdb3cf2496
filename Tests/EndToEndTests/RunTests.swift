import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// Runs that are streamed, fed, ended, and that outlive their callers and the daemon.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct RunTests {
    private func withSession(
        _ route: SandboxRoute, sessions: String = "{}",
        _ body: @Sendable (TestSession, RunningDaemon) async throws -> Void
    ) async throws {
        try await TestDaemon.run(route, sessions: sessions) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                try await body(try await client.open("runs", profile: route.profile).session, daemon)
            }
            try await daemon.stop()
        }
    }

    /// How many processes of the sandbox have this in their command line.
    private func processes(_ mark: String, in session: TestSession) async throws -> String {
        try await session.execute(
            "for p in /proc/[0-9]*; do tr '\\000' ' ' <$p/cmdline; echo; done 2>/dev/null | grep -c '^sleep \(mark)'"
        ).output
    }

    @Test(arguments: SandboxRoute.available)
    func nothingIsLeftOfACommandWhoseTimeIsOver(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, _ in
            let began = ContinuousClock.now
            let run = try await session.run(
                [
                    "sh", "-c",
                    "trap '' TERM; (sh -c \"trap '' TERM; sleep 4321 & sleep 4321\" &) & sleep 4321; sleep 4321",
                ],
                timeout: 1)
            #expect(run.timedOut)
            #expect(run.exitCode == nil)
            // Not a measurement: it is over long before the command would be.
            #expect(began.duration(to: .now) < .seconds(600))
            try await until { try await processes("4321", in: session) == "0\n" }
        }
    }

    @Test(arguments: SandboxRoute.available)
    func outputComesWhileItRuns(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, _ in
            let output = StreamedOutput()
            let end = try await session.stream(into: { output.add($0) }) {
                try await session.client.call(
                    SandboxRun.self,
                    .init(
                        sessionID: session.id,
                        argv: [
                            "sh", "-c",
                            "i=0; while [ $i -lt 3000 ]; do printf 'ä€😀'; i=$((i+1)); done; printf '\\377' >&2; exit 3",
                        ], stream: true))
            }
            #expect(output.stdout == Array(String(repeating: "ä€😀", count: 3000).utf8))
            #expect(output.stderr == [0xFF])
            // The one byte that is no character; whole characters always came as text.
            #expect(output.base64Pieces == 1)
            #expect(end.exitCode == 3)
            #expect(end.stdout == "")
            #expect(end.stdoutBytes == 27_000)
            #expect(end.stderrBytes == 1)
        }
    }

    @Test(arguments: SandboxRoute.withExecServer)
    func aReaderWhoPausesStopsTheOutputAndNotTheDaemon(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, daemon in
            let total = TestSize.bulk
            let before = try daemon.peakMemory()
            let received = Shared(0)
            let isPaused = Shared(true)
            let runID = "much"
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let end = try await session.stream(
                        into: { output in
                            while isPaused.value, !Task.isCancelled { usleep(10_000) }
                            received.change {
                                $0 += LossyText.join(text: output.data ?? "", base64: output.dataBase64).count
                            }
                        }
                    ) {
                        try await session.client.call(
                            SandboxRun.self,
                            .init(
                                sessionID: session.id, argv: ["head", "-c", String(total), "/dev/zero"], runID: runID,
                                outputLimit: total + 1, stream: true))
                    }
                    #expect(end.exitCode == 0)
                    #expect(end.stdoutBytes == total)
                }
                try await daemon.client { client in
                    let other = TestSession(client: client, id: session.id)
                    var last = -1
                    // Until the process stands still, far from its end, for as long as a second.
                    try await until {
                        let bytes = try await other.runs().first { $0.runID == runID }?.stdoutBytes ?? 0
                        defer { last = bytes }
                        if bytes == 0 || bytes != last { try await Task.sleep(for: .seconds(1)) }
                        return bytes > 0 && bytes == last
                    }
                    #expect(last < total)
                    try await Task.sleep(for: TestSize.pause)
                    #expect(try await other.runs().first { $0.runID == runID }?.stdoutBytes == last)
                    // Everybody else is served meanwhile.
                    #expect(try await other.execute("echo served").output == "served\n")
                }
                isPaused.set(false)
                try await group.waitForAll()
            }
            #expect(received.value == total)
            #expect(try daemon.peakMemory() - before < 32 << 20)
        }
    }

    @Test(arguments: SandboxRoute.withExecServer)
    func aRunIsFedAndSignalled(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, _ in
            let call = session.client
            let cat = try await session.start(["cat"])
            for data in ["one\n", "two\n"] {
                _ = try await call.call(SandboxWriteStdin.self, .init(sessionID: session.id, runID: cat, data: data))
            }
            _ = try await call.call(SandboxWriteStdin.self, .init(sessionID: session.id, runID: cat, eof: true))
            let output = StreamedOutput()
            #expect(try await session.attach(cat, into: output).exitCode == 0)
            #expect(output.stdout == Array("one\ntwo\n".utf8))

            let given = try await session.start(["cat"], stdin: "all of it")
            let whole = StreamedOutput()
            #expect(try await session.attach(given, into: whole).exitCode == 0)
            #expect(whole.stdout == Array("all of it".utf8))

            let trap = try await session.start(
                ["sh", "-c", "trap 'echo caught; exit 9' USR1; echo ready; while :; do sleep 1; done"])
            try await until { try await session.runs().first { $0.runID == trap }?.stdoutBytes == 6 }
            _ = try await call.call(
                SandboxSignal.self, .init(sessionID: session.id, runID: trap, signal: "usr1"))
            let caught = StreamedOutput()
            #expect(try await session.attach(trap, into: caught).exitCode == 9)
            #expect(caught.stdout == Array("ready\ncaught\n".utf8))

            let sleeper = try await session.start(["sleep", "5432"])
            _ = try await call.call(SandboxStop.self, .init(sessionID: session.id, runID: sleeper))
            let stopped = try await session.attach(sleeper, into: StreamedOutput())
            #expect(stopped.signal == "SIGTERM")
            #expect(stopped.exitCode == 143)
            _ = try await call.call(SandboxStop.self, .init(sessionID: session.id, runID: "never-was"))
            let states = try await session.runs().filter { [cat, trap, sleeper].contains($0.runID) }
            #expect(states.map(\.state) == [.ended, .ended, .ended])
            #expect(states.map(\.exitCode) == [0, 9, 143])
            await #expect(
                performing: {
                    _ = try await call.call(
                        SandboxSignal.self, .init(sessionID: session.id, runID: sleeper, signal: "SIGNONE"))
                }, throws: { ($0 as? RPCError)?.code == -32602 })
        }
    }

    @Test(arguments: SandboxRoute.withExecServer)
    func aTerminalHasItsSize(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, _ in
            let output = StreamedOutput()
            let runID = "terminal"
            let end = try await session.stream(into: { output.add($0) }) {
                async let ended = session.client.call(
                    SandboxRun.self,
                    .init(
                        sessionID: session.id,
                        argv: [
                            "sh", "-c", "stty size; read x; stty size; test -t 0 && test -t 1 && test -t 2 && echo tty",
                        ],
                        runID: runID, stream: true, pty: WindowSize(columns: 101, rows: 33)))
                while try await !session.runs().contains(where: { $0.runID == runID && $0.stdoutBytes > 0 }) {
                    try await Task.sleep(for: .milliseconds(20))
                }
                _ = try await session.client.call(
                    SandboxResize.self, .init(sessionID: session.id, runID: runID, columns: 77, rows: 22))
                _ = try await session.client.call(
                    SandboxWriteStdin.self, .init(sessionID: session.id, runID: runID, data: "\r"))
                return try await ended
            }
            #expect(end.exitCode == 0)
            let text = String(decoding: output.stdout, as: UTF8.self)
            #expect(text == "33 101\r\n\r\n22 77\r\ntty\r\n")
        }
    }

    @Test(arguments: SandboxRoute.withExecServer)
    func aClosedConnectionEndsARunAndNotAStart(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, daemon in
            try await daemon.client { client in
                let other = TestSession(client: client, id: session.id)
                _ = try await other.start(["sleep", "6543"], runID: "kept")
                async let run = client.call(
                    SandboxRun.self, .init(sessionID: session.id, argv: ["sleep", "7654"], runID: "dropped"))
                try await until { try await session.runs().contains { $0.runID == "dropped" } }
                await client.close()
                do {
                    _ = try await run
                    Issue.record("a run was answered on a closed connection")
                } catch {}
            }
            try await until { try await processes("7654", in: session) == "0\n" }
            #expect(try await processes("6543", in: session) == "1\n")
        }
    }

    @Test(arguments: SandboxRoute.withExecServer)
    func aStartedRunKeepsItsSession(_ route: SandboxRoute) async throws {
        try await withSession(route, sessions: "{idle_timeout: 2}") { session, _ in
            let runID = try await session.start(["sh", "-c", "sleep 6; echo done"])
            #expect(try await session.client.call(SessionGet.self, .init(sessionID: session.id)).leases == 1)
            // Three times the idle timeout, in which nobody asks for anything.
            try await Task.sleep(for: .seconds(6))
            let output = StreamedOutput()
            #expect(try await session.attach(runID, into: output).exitCode == 0)
            #expect(output.stdout == Array("done\n".utf8))
        }
    }

    @Test(
        "T98 a build goes on while the daemon is killed, and is read on by its id from where the reader was",
        arguments: SandboxRoute.withExecServer)
    func aBuildGoesOnWhileTheDaemonIsKilled(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route) { test in
            let lines = 4000
            let first = try await test.start()
            let output = StreamedOutput()
            try await first.client { client in
                let session = try await client.open("build", profile: route.profile).session
                let runID = try await session.start(
                    [
                        "sh", "-c",
                        "i=0; while [ $i -lt \(lines) ]; do echo line $i; i=$((i+1)); [ $((i % 10)) = 0 ] && sleep 0.03; done; exit 4",
                    ], runID: "build")
                #expect(runID == "build")
                await #expect(throws: (any Error).self) {
                    _ = try await session.stream(into: { piece in
                        output.add(piece)
                        // In the middle of it.
                        if output.stdout.count > 3000 { first.sendKill() }
                    }) {
                        try await client.call(SandboxAttach.self, .init(sessionID: session.id, runID: runID))
                    }
                }
            }
            await first.kill()
            let second = try await test.start()
            try await second.client { client in
                let session = TestSession(client: client, id: "build")
                try await until {
                    try await client.call(SessionGet.self, .init(sessionID: "build")).leases == 1
                }
                #expect(output.stdout.count < lines * 10)
                let end = try await session.attach("build", from: output.stdout.count, into: output)
                #expect(end.exitCode == 4)
                #expect(output.stdout == Array((0..<lines).map { "line \($0)\n" }.joined().utf8))
                #expect(end.stdoutBytes == output.stdout.count)
            }
            try await second.stop()
        }
    }

    @Test(arguments: SandboxRoute.available)
    func standardInputGoesThroughTheCommandLine(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, daemon in
            let program = "\(TestDaemon.program("podkeeper")) --socket \(daemon.socket)"
            let ended = try await Command.end(
                "/bin/sh",
                [
                    "-c",
                    "head -c 3000000 /dev/zero | \(program) exec -i \(session.id) -- sh -c 'wc -c; echo e >&2; exit 3'",
                ])
            #expect(ended.output == "3000000\n")
            #expect(ended.errors == "e\n")
            #expect(ended.status == 3)
        }
    }

    @Test(arguments: SandboxRoute.withExecServer)
    func aShellHasATerminal(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, daemon in
            let program = "\(TestDaemon.program("podkeeper")) --socket \(daemon.socket)"
            // script(1) gives the command line a terminal.
            let ended = try await Command.end(
                "/bin/sh",
                [
                    "-c",
                    "printf 'echo is $((6 * 7)); test -t 0 && echo on a terminal; exit 5\\n'"
                        + " | script -qec '\(program) shell \(session.id)' /dev/null",
                ])
            #expect(ended.output.contains("is 42\r\n"))
            #expect(ended.output.contains("\non a terminal\r\n"))
            #expect(ended.status == 5)
        }
    }

    @Test(arguments: SandboxRoute.available.filter { !$0.hasExecServer })
    func aShellAloneRefusesWhatItCannotDo(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, _ in
            let refused: (any Error) -> Bool = { ($0 as? RPCError)?.message.contains("exec_server: inject") == true }
            await #expect(performing: { _ = try await session.start(["true"]) }, throws: refused)
            await #expect(
                performing: {
                    _ = try await session.client.call(
                        SandboxRun.self,
                        .init(sessionID: session.id, argv: ["sh"], pty: WindowSize(columns: 80, rows: 24)))
                }, throws: refused)
            let runs = try await session.runs()
            #expect(runs.isEmpty)
        }
    }
}
