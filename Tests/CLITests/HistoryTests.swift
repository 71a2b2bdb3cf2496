import ControlAPI
import ControlServer
import Foundation
import JSONRPC
import Synchronization
import Testing

@testable import CLI

/// What happened to sessions and what will: events, the history, explain, update.
@Suite struct HistoryTests {
    private static func event(
        _ sequence: Int64, _ kind: SessionEvent.Kind, _ id: String? = "a", reason: String? = nil, detail: String? = nil
    ) -> SessionEvent {
        SessionEvent(
            sequence: sequence, at: Timestamp(now), kind: kind, sessionID: id, generation: id.map { _ in 2 },
            reason: reason, detail: detail)
    }

    /// A daemon with 1100 events: the last is of `b`, those before of `a`, which ends with them.
    private static func list(_ params: EventsList.Params) -> EventsList.Result {
        let all = (1...1100).map { number in
            event(
                number, number == 1099 ? .ended : .updated, number == 1100 ? "b" : "a",
                reason: number == 1099 ? "idle" : nil, detail: number == 1099 ? "unused\u{1B}" : nil)
        }
        let found = all.filter { one in
            one.sequence > params.after ?? 0 && params.sessionID ?? one.sessionID == one.sessionID
                && params.types?.contains(one.kind) ?? true
        }
        return EventsList.Result(
            events: Array(found.prefix(params.limit ?? 100)), latestSequence: 1100, oldestSequence: 1)
    }

    @Test func listsTheLastEvents() async throws {
        try await withDaemon { router in
            router.on(EventsList.self) { params, _ in Self.list(params) }
        } _: { path in
            let lines = await podkeeper("events", "--last", "2", "--socket", path)
            #expect(
                lines.outputText == """
                    2027-01-15T08:00:00.000Z  ended  a/2  idle: unused\\u{1B}
                    2027-01-15T08:00:00.000Z  updated  b/2

                    """)
            #expect(lines.code == 0)
            // Of one session and type there are more than fit into an answer.
            let some = await podkeeper(
                "events", "--session", "a", "--type", "updated", "--last", "3", "-o", "name", "--socket", path)
            #expect(some.outputText == "1096\n1097\n1098\n")
            let json = await podkeeper("events", "--last", "1", "-o", "json", "--socket", path)
            let value = try JSONCoding.decode(JSONValue.self, from: json.output[...])
            #expect(value["latest_seq"] == 1100)
            #expect(value["events"]?.arrayValue?.map { $0["seq"] } == [1100])
            let none = await podkeeper("events", "--last", "0", "--socket", path)
            #expect(none.output.isEmpty)
            #expect(none.errorText == "no events\n")
        }
        for arguments in [["--last", "1001"], ["--last", "-1"], ["--type", "sleeping"]] {
            #expect(await podkeeper("events", arguments[0], arguments[1]).code == 2)
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("table", "2027-01-15T08:00:00.000Z  overflow  -  list again", "b/2"), ("name", "1101", "1100"),
            ("json", #""type":"overflow""#, #"{"seq":1100,"#), ("yaml", #""type":"overflow""#, #"--- {"seq":1100,"#),
        ])
    func followsEventsAcrossDaemons(_ format: String, _ new: String, _ old: String) async throws {
        let transcript = Transcript()
        let (read, reader) = AsyncStream.makeStream(of: Void.self)
        /// A daemon whose next event is the one after `known`.
        func serve(_ path: String, after known: Int64, _ body: @Sendable () async throws -> Void) async throws {
            try await CLITests.serve(path) { router in
                router.on(EventsList.self) { params, _ in Self.list(params) }
                router.on(EventsSubscribe.self) { params, call in
                    #expect(params.after == known)
                    let (answered, answer) = AsyncStream.makeStream(of: Void.self)
                    call.onAnswer { answer.finish() }
                    _ = try call.startTask {
                        for await _ in answered {}
                        try? await call.notify(
                            EventNotification.name,
                            EventNotification(
                                subscriptionID: "mine",
                                event: Self.event(known + 1, .overflow, nil, detail: "list again")))
                    }
                    return EventsSubscribe.Result(subscriptionID: "mine", latestSequence: known)
                }
            } _: {
                try await body()
            }
        }
        try await withSocketPath { path in
            let running = Mutex<Task<Outcome, Never>?>(nil)
            try await serve(path, after: 1100) {
                running.withLock {
                    $0 = Task {
                        await podkeeper(
                            "events", "-f", "--last", "1", "-o", format, "--socket", path,
                            outputEnds: { for await _ in read {} }, onWrite: transcript.add)
                    }
                }
                await transcript.until { $0.outputText.contains(new) }
            }
            await transcript.until { $0.errorText.contains("was lost") }
            try await serve(path, after: 1101) {
                await transcript.until { $0.outputText.split(separator: "\n").count == 3 }
            }
            // Nobody reads any more, and there is no daemon either.
            reader.finish()
            let outcome = try #require(await running.withLock { $0 }?.value)
            let lines = outcome.outputText.split(separator: "\n")
            #expect(lines.count == 3, "\(lines)")
            #expect(lines.first?.contains(old) == true, "\(lines)")
            #expect(lines.dropFirst().first?.contains(new) == true, "\(lines)")
            #expect(outcome.code == 128 + SIGPIPE)
            #expect(
                outcome.errorText.hasPrefix(
                    """
                    podkeeper: the connection to podkeeperd was lost; waiting for it
                    podkeeper: podkeeperd is back; this goes on where it was

                    """))
        }
    }

    @Test func showsWhatHasEnded() async throws {
        try await withDaemon { router in
            router.on(SessionHistory.self) { params, _ in
                guard params.sessionID != "none" else { return SessionHistory.Result(sessions: [], nextCursor: nil) }
                #expect(params.limit == 7)
                let one = session("a")
                return SessionHistory.Result(
                    sessions: [
                        EndedSession(
                            sessionID: "a", generation: 2, profile: "default", owner: one.owner, labels: [:],
                            sandbox: one.sandbox, createdAt: one.createdAt, readyAt: nil,
                            lastActivityAt: one.createdAt, endedAt: Timestamp(now.addingTimeInterval(-12)),
                            reason: "oom_killed", detail: "out of memory", exitCode: 137)
                    ], nextCursor: "more")
            }
        } _: { path in
            let outcome = await podkeeper("history", "--limit", "7", "--socket", path)
            #expect(
                outcome.outputText == """
                    SESSION   GENERATION   ENDED     LIVED   REASON       DETAIL
                    a         2            12s ago   5m      oom_killed   out of memory (exit code 137)

                    """)
            #expect(outcome.code == 0)
            let yaml = await podkeeper("history", "--limit", "7", "-o", "yaml", "--socket", path)
            #expect(yaml.outputText.contains("next_cursor: more"))
            #expect(await podkeeper("history", "--limit", "7", "-o", "name", "--socket", path).outputText == "a\n")
            let none = await podkeeper("history", "none", "--socket", path)
            #expect(none.output.isEmpty)
            #expect(none.errorText == "no session has ended\n")
        }
    }

    @Test func explains() async throws {
        try await withDaemon { router in
            router.on(SessionExplain.self) { params, _ in
                #expect(params.sessionID == "a")
                return SessionExplain.Result(
                    state: .ready, reapAt: nil, reason: "an operation keeps it", setting: nil,
                    leases: [
                        .init(
                            operation: "sandbox.start", runID: "r1", since: Timestamp(now.addingTimeInterval(-90)),
                            ownerUID: nil)
                    ], lastActivityAt: Timestamp(now.addingTimeInterval(-5)), lastActivity: "sandbox.start")
            }
        } _: { path in
            let outcome = await podkeeper("explain", "a", "--socket", path)
            #expect(
                outcome.outputText == """
                    Session:        a
                    State:          ready
                    Why:            an operation keeps it
                    Last activity:  sandbox.start (5s ago)
                    Kept by:        sandbox.start of run r1 for 1m30s

                    """)
            #expect(outcome.code == 0)
            let json = await podkeeper("explain", "a", "-o", "json", "--socket", path)
            let value = try JSONCoding.decode(JSONValue.self, from: json.output[...])
            #expect(value["reap_at"] == .null)
            #expect(await podkeeper("explain", "a", "-o", "name", "--socket", path).outputText == "a\n")
        }
    }

    @Test func updates() async throws {
        try await withDaemon { router in
            router.on(SessionUpdate.self) { params, _ in
                #expect(params.idleTimeout == 90)
                #expect(params.maxLifetime == nil)
                #expect(params.labels == ["team": "a"])
                return session(params.sessionID, labels: params.labels ?? [:])
            }
        } _: { path in
            let outcome = await podkeeper("update", "a", "--idle-timeout", "90", "--label", "team=a", "--socket", path)
            #expect(outcome.code == 0)
            #expect(outcome.outputText.contains("Labels:         team=a\n"))
        }
        let nothing = await podkeeper("update", "a")
        #expect(nothing.code == 2)
        #expect(nothing.errorText.contains("say what to change"))
    }
}
