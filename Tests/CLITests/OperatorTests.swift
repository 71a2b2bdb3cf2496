import ControlAPI
import ControlServer
import Foundation
import JSONRPC
import Synchronization
import Testing

@testable import CLI

/// What an operator has on a bad day: selections, confirmations, live screens, completions.
@Suite struct OperatorTests {
    /// A daemon with three sessions, and what was released.
    private func withSessions(
        _ body: @Sendable (String, _ released: @Sendable () -> [String]) async throws -> Void
    ) async throws {
        let released = Mutex<[String]>([])
        let asked = Mutex<[SessionList.Params]>([])
        try await withDaemon { router in
            router.on(SessionList.self) { params, _ in
                asked.withLock { $0.append(params) }
                let all = [
                    session("old", idle: 900, labels: ["team": "a"]), session("busy", idle: 900, leases: 1),
                    session("new", idle: 5, labels: ["team": "a"]), session("going", state: .stopping, idle: 900),
                ]
                let wanted = params.labels ?? [:]
                let shown = all.filter { one in wanted.allSatisfy { one.labels[$0.key] == $0.value } }
                return SessionList.Result(sessions: shown, nextCursor: nil, total: shown.count)
            }
            router.on(SessionRelease.self) { params, _ in
                released.withLock { $0.append(params.sessionID) }
                return SessionRelease.Result(released: true)
            }
        } _: { path in
            try await body(path) { released.withLock { $0.sorted() } }
        }
    }

    @Test func killsWhatIsSelected() async throws {
        try await withSessions { path, released in
            let labelled = await podkeeper("kill", "--selector", "team=a", "--yes", "--socket", path)
            #expect(labelled.code == 0)
            #expect(labelled.errorText == "2 of 2 killed\n")
            #expect(released() == ["new", "old"])
        }
        try await withSessions { path, released in
            // In use is not idle; what is being deleted already is left out.
            let idle = await podkeeper("kill", "--idle-longer-than", "60", "-y", "--socket", path)
            #expect(idle.code == 0)
            #expect(released() == ["old"])
        }
        try await withSessions { path, released in
            #expect(await podkeeper("kill", "--all", "--yes", "-o", "name", "--socket", path).code == 0)
            #expect(released() == ["busy", "new", "old"])
        }
    }

    @Test func asksBeforeItKillsWhatWasNotNamed() async throws {
        try await withSessions { path, released in
            let script = await podkeeper("kill", "--all", "--socket", path)
            #expect(script.code == 1)
            #expect(script.errorText.contains("hint: --yes answers for scripts"))
            let console = FakeConsole(size: nil).console
            let no = await podkeeper("kill", "--all", "--socket", path, input: Array("no\n".utf8), console: console)
            #expect(no.code == 1)
            #expect(no.errorText == "kill old, busy, new? [y/N] podkeeper: nothing was killed\n")
            #expect(released().isEmpty)
            let yes = await podkeeper("kill", "--all", "--socket", path, input: Array("Yes\n".utf8), console: console)
            #expect(yes.code == 0)
            #expect(released() == ["busy", "new", "old"])
        }
    }

    @Test func killTakesIdsOrASelectionButNotBoth() async {
        for arguments in [["a", "--all"], ["a", "--selector", "x=y"], ["--all", "--owner", "3"]] {
            let outcome = await podkeeper("kill", arguments[0], arguments[1], arguments.count > 2 ? arguments[2] : "-y")
            #expect(outcome.code == 2)
            #expect(outcome.errorText.contains("one of these"))
        }
    }

    @Test func listsWithEveryFilter() async throws {
        try await withDaemon { router in
            router.on(SessionList.self) { params, _ in
                #expect(params.states == [.failed])
                #expect(params.ownerUID == 1000)
                #expect(params.profile == "node")
                #expect(params.limit == 1000)
                return SessionList.Result(
                    sessions: [session("a", labels: ["k": "v"]), session("b", idle: 2)], nextCursor: nil, total: 2)
            }
        } _: { path in
            let outcome = await podkeeper(
                "list", "--state", "failed", "--owner", "1000", "--profile", "node", "--idle-longer-than", "10",
                "--wide", "--socket", path)
            let lines = outcome.outputText.split(separator: "\n")
            #expect(lines.count == 2)
            let heading = lines.first?.split(separator: " ").suffix(5)
            #expect(heading == ["OWNER", "LABELS", "IMAGE", "REAPED", "IN"])
            #expect(lines.last?.contains("agents (uid 1000)   k=v      python:3.12-slim   -") == true)
        }
    }

    @Test func tablesFitTheirTerminal() {
        let table = Table(
            heading: ["SESSION", "STATE", "SANDBOX"],
            rows: [["a-very-long-session-id-indeed", "ready", "sandbox-a-very-long-session-id-1f3a9c2b-1"]])
        for width in [40, 60, 100] {
            let lines = table.text(fitting: width, paint: nil).split(separator: "\n")
            #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
        }
        #expect(table.text(fitting: 100, paint: nil) == table.text)
        // What cannot fit is shown as narrow as it gets.
        #expect(table.text(fitting: 5, paint: nil).split(separator: "\n").last == "a-ver…   ready   sandb…")
    }

    @Test(arguments: [
        (["TERM": "xterm"], true), (["TERM": "xterm", "NO_COLOR": "1"], false), (["TERM": "dumb"], false),
        (["TERM": "xterm", "NO_COLOR": ""], true),
    ])
    func coloursAreForTerminals(_ environment: [String: String], _ isColoured: Bool) async throws {
        try await withSessions { path, _ in
            let console = FakeConsole(size: WindowSize(columns: 120, rows: 40)).console
            let shown = await podkeeper("list", "--socket", path, environment: environment, console: console)
            #expect(shown.outputText.contains("\u{1B}[32mready\u{1B}[0m") == isColoured)
            let piped = await podkeeper("list", "--socket", path, environment: environment)
            #expect(!piped.outputText.contains("\u{1B}"))
        }
    }

    @Test func topIsLiveUntilQ() async throws {
        let looks = Mutex(0)
        try await withDaemon { router in
            router.on(SessionList.self) { params, _ in
                #expect(params.usage == true)
                let count = looks.withLock { looks in
                    looks += 1
                    return looks
                }
                var (lazy, hungry) = (session("lazy"), session("hungry", leases: 2))
                lazy.usage = SessionUsage(
                    cpuSeconds: 90, memoryBytes: 1 << 20, memoryLimit: nil, processes: 2, diskBytes: nil,
                    at: Timestamp(now.addingTimeInterval(Double(count))))
                hungry.sandbox.uid = "u-2"
                hungry.usage = SessionUsage(
                    cpuSeconds: 1.5 * Double(count), memoryBytes: 300 << 20, memoryLimit: 768 << 20, processes: 9,
                    diskBytes: 5000, at: Timestamp(now.addingTimeInterval(Double(count))))
                return SessionList.Result(sessions: [lazy, hungry], nextCursor: nil, total: 2)
            }
        } _: { path in
            let fake = FakeConsole(size: WindowSize(columns: 120, rows: 10))
            // The keyboard says nothing until the second look has been drawn.
            let screen = await podkeeper(
                "top", "--interval", "0.01", "--socket", path, environment: ["NO_COLOR": "1"], console: fake.console,
                keys: {
                    while looks.withLock({ $0 }) < 4 { try? await Task.sleep(for: .milliseconds(5)) }
                    return Array("q".utf8)
                })
            #expect(screen.code == 0)
            #expect(!fake.isRaw)
            #expect(screen.outputText.hasPrefix("\u{1B}[?1049h"))
            #expect(screen.outputText.hasSuffix("\u{1B}[?1049l"))
            #expect(screen.outputText.contains("2 sessions, 2 ready, 301 MiB of memory"))
            #expect(screen.outputText.contains("hungry    ready   150%"))
            let once = await podkeeper("top", "-o", "name", "--sort", "memory", "--socket", path)
            #expect(once.outputText == "hungry\nlazy\n")
        }
    }

    /// A daemon on that path for as long as the body runs, which has this one session.
    private func serve(
        _ path: String, showing id: String, _ body: @Sendable () async throws -> Void
    ) async throws {
        try await CLITests.serve(path) { router in
            router.on(SessionList.self) { _, _ in
                SessionList.Result(sessions: [session(id)], nextCursor: nil, total: 1)
            }
        } _: {
            try await body()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [["top"], ["list", "--watch"]])
    func liveScreensGoOnWithTheNextDaemon(_ command: [String]) async throws {
        let transcript = Transcript()
        let (keys, keyboard) = AsyncStream.makeStream(of: [UInt8].self)
        try await withSocketPath { path in
            let fake = FakeConsole(size: WindowSize(columns: 120, rows: 10))
            let running = Mutex<Task<Outcome, Never>?>(nil)
            try await serve(path, showing: "first") {
                running.withLock {
                    $0 = Task {
                        await podkeeper(
                            command + ["--interval", "0.01", "--socket", path], environment: ["NO_COLOR": "1"],
                            console: fake.console,
                            keys: { await keys.first { _ in true } }, onWrite: transcript.add)
                    }
                }
                await transcript.until { $0.outputText.contains("first") }
            }
            // The last look stays to be seen, below the line that says how old it is.
            let silence = "podkeeperd has not answered since 2027-01-15T08:00:00.000Z: "
            await transcript.until { outcome in
                outcome.outputText.split(separator: "\u{1B}[H").last.map {
                    $0.hasPrefix(silence) && $0.contains("first")
                } ?? false
            }
            try await serve(path, showing: "second") {
                await transcript.until { outcome in
                    outcome.outputText.split(separator: "\u{1B}[H").last.map {
                        $0.contains("second") && !$0.contains(silence)
                    } ?? false
                }
            }
            await transcript.until { $0.outputText.split(separator: "\u{1B}[H").last?.hasPrefix(silence) == true }
            keyboard.yield([0x03])
            let outcome = try #require(await running.withLock { $0 }?.value)
            #expect(outcome.code == 0)
            #expect(outcome.errorText.isEmpty)
            #expect(!fake.isRaw)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aDaemonThatHangsKeepsNobodyFromQuitting() async throws {
        let looks = Mutex(0)
        try await withDaemon { router in
            router.on(SessionList.self) { _, _ in
                let isFirst = looks.withLock { looks in
                    looks += 1
                    return looks == 1
                }
                if !isFirst { try await Task.sleep(for: .seconds(3600)) }
                return SessionList.Result(sessions: [session("first")], nextCursor: nil, total: 1)
            }
        } _: { path in
            let fake = FakeConsole(size: WindowSize(columns: 120, rows: 10))
            let transcript = Transcript()
            let outcome = await podkeeper(
                "top", "--interval", "0.01", "--socket", path, console: fake.console,
                keys: {
                    await transcript.until { $0.outputText.contains("has not answered since 2027-01-15T08:00:00.000Z") }
                    return Array("q".utf8)
                }, onWrite: transcript.add)
            #expect(outcome.code == 0)
            #expect(looks.withLock { $0 } == 2)
            // What was seen last stays.
            #expect(outcome.outputText.split(separator: "\u{1B}[H").last?.contains("first") == true)
            #expect(!fake.isRaw)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aWatchedListGoesOnWithTheNextDaemon() async throws {
        let transcript = Transcript()
        let (read, reader) = AsyncStream.makeStream(of: Void.self)
        try await withSocketPath { path in
            let running = Mutex<Task<Outcome, Never>?>(nil)
            try await serve(path, showing: "first") {
                running.withLock {
                    $0 = Task {
                        await podkeeper(
                            "list", "--watch", "--interval=0.01", "-o", "name", "--socket", path,
                            outputEnds: { for await _ in read {} }, onWrite: transcript.add)
                    }
                }
                await transcript.until { $0.outputText == "first\n" }
            }
            await transcript.until { $0.errorText.contains("has not answered since 2027-01-15T08:00:00.000Z: ") }
            try await serve(path, showing: "second") {
                await transcript.until { $0.outputText == "first\n\nsecond\n" }
            }
            reader.finish()
            let outcome = try #require(await running.withLock { $0 }?.value)
            #expect(outcome.code == 128 + SIGPIPE)
            #expect(outcome.errorText.contains("\npodkeeper: podkeeperd answers again\n"))
        }
    }

    @Test func listFollowsUntilASignal() async throws {
        try await withSessions { path, _ in
            let fake = FakeConsole(size: WindowSize(columns: 120, rows: 10))
            let transcript = Transcript()
            let outcome = await podkeeper(
                "list", "--watch", "--interval", "0.01", "--socket", path, environment: ["NO_COLOR": "1"],
                console: fake.console,
                keys: {
                    await transcript.until { $0.outputText.contains("going") }
                    fake.end(by: SIGTERM)
                    try? await Task.sleep(for: .seconds(3600))
                    return nil
                }, onWrite: transcript.add)
            #expect(outcome.code == 128 + SIGTERM)
            #expect(!fake.isRaw)
            #expect(outcome.outputText.contains("going"))
        }
    }

    @Test func reaps() async throws {
        try await withDaemon { router in
            router.on(SessionCleanupIdle.self) { params, _ in
                #expect(params.maxIdle == 60)
                #expect(params.dryRun == true)
                return SessionCleanupIdle.Result(
                    count: 1, sessions: [ReapedSession(sessionID: "a", idleSeconds: 90, reason: "idle")])
            }
        } _: { path in
            let outcome = await podkeeper("reap", "--dry-run", "--idle-longer-than", "60", "--socket", path)
            #expect(outcome.outputText == "SESSION   IDLE    REASON\na         1m30s   idle\n")
            #expect(outcome.errorText == "1 session would be reaped\n")
        }
    }

    @Test func doctorSaysWhatIsWrong() async throws {
        try await withDaemon { router in
            router.on(DaemonDoctor.self) { params, _ in
                let fixed = params.fix == true
                return DaemonDoctor.Result(
                    differences: [
                        .init(
                            kind: "orphan_sandbox", sessionID: nil, sandbox: "box-1", detail: "nobody knows it",
                            action: "delete it", fixed: fixed)
                    ], checks: [.init(name: "store", ok: true, detail: "the store answers")])
            }
        } _: { path in
            let found = await podkeeper("doctor", "--socket", path)
            #expect(found.code == 1)
            #expect(
                found.outputText == """
                    ok     store: the store answers
                    WRONG  orphan_sandbox: sandbox box-1
                            nobody knows it
                            to do: delete it

                    """)
            #expect(found.errorText == "1 difference; podkeeper doctor --fix mends what can be mended\n")
            let fixed = await podkeeper("doctor", "--fix", "--socket", path)
            #expect(fixed.code == 0)
            #expect(fixed.outputText.contains("FIXED  orphan_sandbox: sandbox box-1\n"))
        }
        let none = await podkeeper("doctor", "--socket", "/nowhere/s.sock")
        #expect(none.code == 1)
        #expect(none.outputText.hasPrefix("WRONG  daemon: there is no socket /nowhere/s.sock"))
    }

    @Test func doctorRemovesSocketsAlone() async throws {
        try await withSocketPath { path in
            try Data("kept".utf8).write(to: URL(fileURLWithPath: path))
            for option in ["--output=table", "--fix"] {
                let found = await podkeeper("doctor", option, "--socket", path)
                #expect(found.code == 1)
                #expect(found.outputText.hasPrefix("WRONG  daemon: \(path) is a regular file, not a socket"))
                #expect(!found.outputText.contains("stale"))
            }
            #expect(FileManager.default.contents(atPath: path) == Data("kept".utf8))
            #expect(!FileManager.default.fileExists(atPath: path + ".lock"))
            #expect(throws: CLIError.self) { try StaleSocket.remove(path) }
            #expect(FileManager.default.contents(atPath: path) == Data("kept".utf8))
        }
    }

    @Test func drains() async throws {
        try await withDaemon { router in
            router.on(DaemonDrain.self) { params, _ in DaemonDrain.Result(draining: params.enabled ?? true) }
        } _: { path in
            let on = await podkeeper("drain", "--socket", path)
            #expect(on.code == 0)
            #expect(on.errorText == "no new sessions are taken\n")
            #expect(await podkeeper("drain", "--off", "--socket", path).errorText == "new sessions are taken\n")
            let json = await podkeeper("drain", "-o", "json", "--socket", path)
            let value = try JSONCoding.decode(JSONValue.self, from: json.output[...])
            #expect(value == ["draining": true])
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completes(_ shell: String) async throws {
        let outcome = await podkeeper("completion", shell)
        #expect(outcome.code == 0)
        for word in ["doctor", "idle-longer-than"] { #expect(outcome.outputText.contains(word)) }
        #expect(await podkeeper("completion", "tcsh").code == 2)
    }

    @Test func writesSizesAsPeopleDo() {
        for (bytes, text) in [
            (0, "0 B"), (999, "999 B"), (1000, "1 KiB"), (1536, "1.5 KiB"), (300 << 20, "300 MiB"), (-1, "0 B"),
            (Int64.max, "8192 PiB"),
        ] as [(Int64, String)] { #expect(Size.text(bytes) == text) }
    }
}
