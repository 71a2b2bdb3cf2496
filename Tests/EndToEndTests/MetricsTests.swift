import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// What a daemon counts while it is used, as text and over HTTP.
@Suite(.serialized)
struct MetricsTests {
    private static var routes: [SandboxRoute] {
        SandboxRoute.available.filter { $0 != .httpDebian && $0 != .apiDebian }
    }

    /// One HTTP/1.0 exchange on a Unix socket: what a scraper sees.
    private func exchange(_ path: String, _ head: String) async throws -> String {
        let script = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX); s.settimeout(30); s.connect(sys.argv[1])
            s.sendall(sys.argv[2].encode() + b" HTTP/1.0\\r\\n\\r\\n"); sys.stdout.write(s.makefile(newline="").read())
            """
        return try await Command.run("/usr/bin/env", ["python3", "-c", script, path, head])
    }

    /// The value of one sample, by all that stands before it.
    private func value(_ sample: String, in text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix(sample + " ") }.flatMap {
            Double($0.dropFirst(sample.count + 1))
        }
    }

    @Test(.timeLimit(.minutes(3)), arguments: routes)
    func whatHappensIsCounted(_ route: SandboxRoute) async throws {
        try await TestDaemon.run(route) { test in
            let address = test.directory.appendingPathComponent("m").path
            test.extra.set("metrics: {listen: \"unix:\(address)\"}")
            let daemon = try await test.start()
            try await daemon.client { client in
                let (session, _) = try await client.open("measured", profile: route.profile)
                #expect(try await session.execute("echo a").output == "a\n")
                await #expect(throws: RPCError.self) { _ = try await session.read("none") }
                let released = try await client.call(SessionRelease.self, .init(sessionID: "measured"))
                #expect(released.released)

                // The daemon may not have seen yet that the connection of its start is closed.
                var text = ""
                try await until {
                    text = try await client.call(DaemonMetrics.self, .init()).text
                    return value("podkeeper_connections", in: text) == 1 && value("podkeeper_rpc_calls", in: text) == 1
                }
                for (sample, expected) in [
                    (#"podkeeper_sessions{state="ready"}"#, 0), (#"podkeeper_sessions_held"#, 0),
                    (#"podkeeper_sessions_ended_total{reason="released"}"#, 1),
                    (#"podkeeper_sessions_ended_total{reason="idle"}"#, 0),
                    (#"podkeeper_start_duration_seconds_count{stage="total"}"#, 1),
                    (#"podkeeper_operation_duration_seconds_count{operation="sandbox.execute"}"#, 1),
                    (#"podkeeper_rpc_calls_total{method="session.release",code="ok"}"#, 1),
                    (#"podkeeper_rpc_calls_total{method="sandbox.read",code="file_error"}"#, 1),
                    ("podkeeper_connections", 1), ("podkeeper_rpc_calls", 1),
                ] as [(String, Double)] { #expect(value(sample, in: text) == expected, "\(sample)") }
                #expect(
                    try #require(value(#"podkeeper_store_commit_duration_seconds_count{sync="full"}"#, in: text)) >= 4)
                #expect(try #require(value("process_resident_memory_bytes", in: text)) > 1_000_000)
                if route.isKubernetes {
                    let create = #"podkeeper_kubernetes_requests_total{code="201",verb="create"}"#
                    #expect(try #require(value(create, in: text)) >= 1)
                    #expect(value(#"podkeeper_start_duration_seconds_count{stage="schedule"}"#, in: text) == 1)
                }
                if route == .apiBusybox {
                    #expect(
                        try #require(value(#"podkeeper_kubernetes_requests_total{code="101",verb="exec"}"#, in: text))
                            >= 1)
                }
                try await checkMetrics(text)

                let answer = try await exchange(address, "GET /metrics")
                #expect(answer.hasPrefix("HTTP/1.0 200 OK\r\n"))
                #expect(answer.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
                #expect(value(#"podkeeper_sessions_ended_total{reason="released"}"#, in: answer) == 1)
                #expect(try await exchange(address, "GET /").hasPrefix("HTTP/1.0 404 "))
                #expect(try await exchange(address, "POST /metrics").hasPrefix("HTTP/1.0 405 "))
                #expect(try await exchange(address, "nonsense").contains(" 400 Bad Request\r\n"))
            }
            try await daemon.stop()
            #expect(!FileManager.default.fileExists(atPath: address))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aPortInUseIsNoticedBeforeAnybodyIsServed() async throws {
        let (listener, port) = try Loopback.listen()
        defer { close(listener) }
        try await TestDaemon.run(.local) { test in
            test.extra.set("metrics: {listen: \"127.0.0.1:\(port)\"}")
            let error = await #expect(throws: RunningDaemon.EndedEarly.self) { try await test.start() }
            #expect(error?.status == 1)
            let log = try #require(error?.log)
            #expect(
                log.hasSuffix(
                    "podkeeperd: metrics.listen: cannot listen on 127.0.0.1:\(port): Address already in use; choose "
                        + "another port, or stop what listens there (ss -ltnp 'sport = :\(port)' names it)\n"),
                "\(log)")
            #expect(!log.contains("serving on"))
            let left = try FileManager.default.contentsOfDirectory(atPath: test.directory.path)
            #expect(left == ["podkeeper.yaml"])
        }
    }

    /// Prometheus' own checker, where Tests/run could get it.
    private static let promtool = ProcessInfo.processInfo.environment["PODKEEPER_TEST_PROMTOOL"]

    private func checkMetrics(_ text: String) async throws {
        guard let promtool = Self.promtool else { return }
        try await withFile(text) {
            try await Command.run("/bin/sh", ["-c", "\"$0\" check metrics < \"$1\"", promtool, $0])
        }
    }

    private func withFile(_ text: String, _ body: (String) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("metrics-\(UUID())")
        try text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        try await body(file.path)
    }

    /// Files of the repository's deploy directory.
    private func deployed(_ name: String) throws -> String {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../deploy/monitoring/\(name)")
        return try String(contentsOf: file.standardizedFileURL, encoding: .utf8)
    }

    /// Alarms and dashboard are of the names that the daemon serves, and their expressions are sound.
    @Test(.timeLimit(.minutes(1)))
    func alarmsAndDashboardAskForWhatIsThere() async throws {
        let alerts = try deployed("alerts.yaml")
        let dashboard = try JSONDecoder().decode(JSONValue.self, from: Data(try deployed("dashboard.json").utf8))
        let expressions = (dashboard["panels"]?.arrayValue ?? []).flatMap { panel in
            (panel["targets"]?.arrayValue ?? []).compactMap { $0["expr"]?.stringValue }
        }
        #expect(expressions.count >= 20)
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            let text = try await daemon.client { try await $0.call(DaemonMetrics.self, .init()).text }
            let served = Set(text.matches(of: #/# HELP (\w+) /#).map { String($0.output.1) })
            let asked = (alerts + expressions.joined(separator: "\n")).matches(of: #/\b(podkeeper|process)_\w+/#)
            for name in Set(asked.map { String($0.output.0) }) {
                // What only a cluster has is not served here; the cluster's test reads it by name.
                if name.hasPrefix("podkeeper_kubernetes_") { continue }
                let family = name.replacing(#/_(bucket|sum|count)$/#, with: "")
                #expect(served.contains(family), "\(name) is not served")
            }
            try await daemon.stop()
        }
        guard let promtool = Self.promtool else { return }
        try await withFile(alerts) { try await Command.run(promtool, ["check", "rules", $0]) }
        let rules = expressions.enumerated().map { index, expression in
            let whole = expression.replacingOccurrences(of: "$instance", with: ".*")
            return "  - record: panel:\(index)\n    expr: '\(whole)'"
        }
        try await withFile("groups:\n- name: dashboard\n  rules:\n" + rules.joined(separator: "\n")) {
            try await Command.run(promtool, ["check", "rules", $0])
        }
    }
}
