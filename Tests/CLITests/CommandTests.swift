import ControlAPI
import ControlServer
import Foundation
import JSONRPC
import Testing

@Suite struct CommandTests {
    @Test func listsSessions() async throws {
        try await withDaemon { router in
            router.on(SessionList.self) { params, _ in
                #expect(params.states == [.ready, .starting])
                #expect(params.labels == ["team": "search", "x": "a=b"])
                #expect(params.limit == 100)
                return SessionList.Result(
                    sessions: [session("user-42", leases: 2), session("b", state: .starting, idle: 0, node: nil)],
                    nextCursor: "more", total: 7)
            }
        } _: { path in
            let arguments = ["--state", "ready", "--state", "starting", "--label", "team=search", "--label", "x=a=b"]
            let outcome = await podkeeper(
                "list", "--socket", path, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                arguments[5], arguments[6], arguments[7])
            #expect(
                outcome.outputText == """
                    SESSION   STATE      PROFILE   AGE     IDLE   LEASES   SANDBOX                      NODE
                    user-42   ready      default   5m12s   12s    2        sandbox-user-42-1f3a9c2b-1   n1
                    b         starting   default   5m12s   0s     0        sandbox-b-1f3a9c2b-1         -

                    """)
            #expect(outcome.errorText == "2 of 7 sessions; --all shows the rest\n")
            #expect(outcome.code == 0)
        }
    }

    @Test func listsProfilesAndWhatIsWarm() async throws {
        try await withDaemon { router in
            router.on(ProfileList.self) { _, _ in
                ProfileList.Result(profiles: [
                    .init(name: "default", image: "busybox:1", mode: "http", ready: 2, pool: 3),
                    .init(name: "plain", image: nil, mode: nil, ready: 0, pool: 0),
                ])
            }
        } _: { path in
            let outcome = await podkeeper("profiles", "--socket", path)
            #expect(
                outcome.outputText == """
                    PROFILE   IMAGE       MODE   WARM
                    default   busybox:1   http   2/3
                    plain     -           -      -

                    """)
            #expect(outcome.code == 0)
        }
    }

    @Test func followsAllPages() async throws {
        try await withDaemon { router in
            router.on(SessionList.self) { params, _ in
                #expect(params.limit == 1000)
                let page = params.cursor.flatMap { Int($0) } ?? 0
                return SessionList.Result(
                    sessions: [session("s\(page)")], nextCursor: page < 3 ? String(page + 1) : nil, total: 4)
            }
        } _: { path in
            let names = await podkeeper("--socket", path, "-o", "name", "list", "--all")
            #expect(names.outputText == "s0\ns1\ns2\ns3\n")
            #expect(names.errorText.isEmpty)
            let json = await podkeeper("list", "--all", "-o", "json", "--socket", path)
            let value = try JSONCoding.decode(JSONValue.self, from: json.output[...])
            #expect(value["sessions"]?.arrayValue?.map { $0["session_id"] } == ["s0", "s1", "s2", "s3"])
            #expect(value["sessions"]?.arrayValue?.first?["max_lifetime"] == .null)
        }
    }

    @Test func saysThatThereAreNone() async throws {
        try await withDaemon { router in
            router.on(SessionList.self) { _, _ in SessionList.Result(sessions: [], nextCursor: nil, total: 0) }
        } _: { path in
            let outcome = await podkeeper("list", "--socket", path)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errorText == "no sessions\n")
            #expect(outcome.code == 0)
        }
    }

    @Test func showsASession() async throws {
        try await withDaemon { router in
            router.on(SessionGet.self) { params, _ in
                guard params.sessionID == "user-42" else {
                    throw RPCError(code: -32001, kind: "session_not_found", message: "there is no session 'x'")
                }
                return session("user-42", labels: ["b": "2", "a": "1"], message: "bell\u{7}")
            }
        } _: { path in
            let outcome = await podkeeper("get", "user-42", "--socket", path)
            #expect(outcome.outputText.hasPrefix("Session:        user-42\nState:          ready\n"))
            #expect(outcome.outputText.contains("Labels:         a=1, b=2\n"))
            #expect(outcome.outputText.contains("Message:        bell\\u{7}\n"))
            let yaml = await podkeeper("get", "user-42", "-o", "yaml", "--socket", path)
            #expect(yaml.outputText.contains("session_id: user-42\n"))
            #expect(yaml.outputText.contains("max_lifetime: null\n"))
            let missing = await podkeeper("get", "x", "--socket", path)
            #expect(missing.code == 1)
            #expect(
                missing.errorText
                    == "podkeeper: there is no session 'x'\nhint: podkeeper list shows the sessions\n")
            #expect(missing.output.isEmpty)
        }
    }

    @Test func createsASession() async throws {
        try await withDaemon { router in
            router.on(SessionGetOrCreate.self) { params, _ in
                #expect(params.profile == "node")
                #expect(params.idleTimeout == 90.5)
                #expect(params.maxLifetime == 3600)
                #expect(params.timeout == 30)
                #expect(params.labels == ["team": "search"])
                #expect(params.environment == ["A": "1", "B": ""])
                #expect(params.attach == nil)
                return OpenedSession(
                    session: session(params.sessionID), created: true,
                    replaced: OpenedSession.Replaced(generation: 1, reason: "evicted"))
            }
        } _: { path in
            let outcome = await podkeeper(
                "create", "new", "--profile", "node", "--idle-timeout", "90.5", "--max-lifetime", "3600", "--label",
                "team=search", "--env", "A=1", "--env", "B=", "--timeout", "30", "--socket", path)
            #expect(outcome.code == 0)
            #expect(outcome.errorText == "the session got a new sandbox: generation 1 is gone (evicted)\n")
        }
    }

    @Test func killsSessionsAndSumsUp() async throws {
        try await withDaemon { router in
            router.on(SessionRelease.self) { params, _ in
                if params.sessionID == "bad" {
                    throw RPCError(
                        code: -32008, kind: "backend_unavailable", message: "the cluster did not answer",
                        retryable: true)
                }
                return SessionRelease.Result(released: params.sessionID != "gone")
            }
        } _: { path in
            let all = await podkeeper("kill", "a", "b", "--socket", path)
            #expect(all.code == 0)
            #expect(all.outputText == "SESSION   RESULT\na         killed\nb         killed\n")
            let some = await podkeeper("kill", "a", "gone", "bad", "b", "--socket", path)
            #expect(some.code == 1)
            #expect(
                some.outputText
                    == "SESSION   RESULT\na         killed\ngone      was not there\nbad       failed\nb         killed\n"
            )
            #expect(some.errorText == "podkeeper: bad: the cluster did not answer\n2 of 4 killed\n")
            let json = await podkeeper("kill", "gone", "-o", "json", "--socket", path)
            #expect(json.code == 1)
            let report = try JSONCoding.decode(JSONValue.self, from: json.output[...])
            #expect(report == [["session_id": "gone", "released": false]])
        }
    }

    @Test func callsAnyMethod() async throws {
        try await withDaemon { router in
            router.on(SessionTouch.self) { params, _ in
                SessionTouch.Result(
                    lastActivityAt: Timestamp(now), reapAt: params.sessionID == "a" ? nil : Timestamp(now))
            }
        } _: { path in
            let outcome = await podkeeper("call", "session.touch", "{\"session_id\":\"a\"}", "--socket", path)
            #expect(outcome.code == 0)
            let result = try JSONCoding.decode(JSONValue.self, from: outcome.output[...])
            #expect(result == ["last_activity_at": "2027-01-15T08:00:00.000Z", "reap_at": nil])
            let wrong = await podkeeper("call", "session.tuch", "--socket", path)
            #expect(wrong.code == 1)
            #expect(wrong.errorText.contains("did you mean 'session.touch'?"))
            #expect(await podkeeper("call", "session.touch", "[1]", "--socket", path).code == 2)
        }
    }

    @Test func callPrintsNotificationsBeforeTheResult() async throws {
        try await withDaemon { router in
            router.on(SandboxRun.self) { params, call in
                for data in ["a\n", "\u{1B}b"] {
                    try await call.notify(
                        RunOutput.name,
                        RunOutput(
                            requestID: call.requestID ?? .null, runID: "r", stream: "stdout", offset: 0, data: data,
                            dataBase64: nil))
                }
                guard params.argv == ["ok"] else { throw RPCError.internalError("after some output") }
                return RunResult(
                    runID: "r", stdout: "", stdoutBase64: nil, stderr: "", stderrBase64: nil, exitCode: 0, signal: nil,
                    timedOut: false, outputLimited: false, oomKilled: false, duration: 1, stdoutBytes: 4,
                    stderrBytes: 0)
            }
        } _: { path in
            let params = #"{"session_id":"s","argv":["ok"],"stream":true}"#
            let outcome = await podkeeper("call", "sandbox.run", params, "--socket", path)
            #expect(outcome.code == 0)
            let lines = outcome.outputText.split(separator: "\n")
            let values = try lines.prefix(2).map { try JSONCoding.decode(JSONValue.self, from: Array($0.utf8)[...]) }
            #expect(values.map { $0["method"] } == ["sandbox.output", "sandbox.output"])
            #expect(values.map { $0["params"]?["data"] } == ["a\n", "\u{1B}b"])
            let rest = Array(lines.dropFirst(2).joined(separator: "\n").utf8)
            #expect(try JSONCoding.decode(JSONValue.self, from: rest[...])["stdout_bytes"] == 4)
            let yaml = await podkeeper("call", "sandbox.run", params, "-o", "yaml", "--socket", path)
            let documents = yaml.outputText.split(separator: "\n").filter { $0.hasPrefix("---") }
            #expect(documents.count == 3)
            #expect(documents.last == "---")
            let failed = await podkeeper(
                "call", "sandbox.run", #"{"session_id":"s","argv":["no"],"stream":true}"#, "--socket", path)
            #expect(failed.code == 1)
            #expect(failed.outputText.split(separator: "\n").count == 2)
            #expect(failed.errorText.contains("after some output"))
        }
    }

    @Test func showsTheDaemon() async throws {
        try await withDaemon { router in
            router.on(DaemonStatus.self) { _, _ in
                DaemonStatus.Result(
                    version: "1.0", apiVersion: 1, instanceID: "i-1", pid: 5, startedAt: Timestamp(now),
                    backend: "local",
                    isolation: "bubblewrap", sessions: ["ready": 3, "failed": 0], draining: false,
                    pendingDeletions: 1,
                    limits: DaemonStatus.Result.Limits(
                        maxSessions: 10, maxSessionsPerOwner: nil, maxStarting: 2, maxMessageBytes: 1, maxTimeout: 60),
                    store: DaemonStatus.Result.Health(ok: true, detail: nil),
                    cluster: DaemonStatus.Result.Health(ok: false, detail: "no answer"))
            }
        } _: { path in
            let outcome = await podkeeper("status", "--socket", path)
            #expect(outcome.code == 1)
            #expect(outcome.outputText.contains("Sessions:       3 ready\n"))
            #expect(outcome.outputText.contains("Cluster:        NOT OK: no answer\n"))
        }
    }
}
