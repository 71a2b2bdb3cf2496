import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// What a stranger gets wrong: each ends in one line that says what, where and what to do, and with exit code 1.
@Suite
struct BadInputTests {
    private struct Bench {
        let directory: URL

        func podkeeperd(_ arguments: String..., environment: [String: String] = [:]) async throws -> Command.Ended {
            try await Command.end(
                TestDaemon.program("podkeeperd"),
                arguments + ["--socket", path("s"), "--store", path("podkeeper.db")], environment: environment)
        }

        func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

        func files() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        }

        func file(_ name: String, _ text: String) throws -> String {
            try text.write(toFile: path(name), atomically: true, encoding: .utf8)
            return path(name)
        }
    }

    private func onBench(_ body: (Bench) async throws -> Void) async throws {
        let bench = Bench(directory: URL(fileURLWithPath: "/tmp/pk-\(UUID().uuidString.prefix(8))"))
        try FileManager.default.createDirectory(at: bench.directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: bench.directory) }
        try await body(bench)
    }

    private func expectOneLine(_ ended: Command.Ended, _ parts: String..., status: Int32 = 1) {
        // Log lines start with the time; the error is the one line that starts with the program's name.
        let errors = ended.errors.split(separator: "\n").filter { $0.hasPrefix("podkeeperd: ") }
        #expect(errors.count == 1, "\(ended.errors)")
        for part in parts { #expect(errors.first?.contains(part) == true, "no '\(part)' in: \(ended.errors)") }
        #expect(ended.status == status)
    }

    @Test func misspeltKey() async throws {
        try await onBench { bench in
            let file = try bench.file("c.yaml", "sessions:\n  max_sesions: 3\n")
            expectOneLine(
                try await bench.podkeeperd("--config", file), "\(file):2", "sessions.max_sesions", "'max_sessions'")
        }
    }

    @Test func wrongValue() async throws {
        try await onBench { bench in
            let file = try bench.file("c.yaml", "sessions: {max_sessions: many}\n")
            expectOneLine(
                try await bench.podkeeperd("--config", file), "\(file):1", "sessions.max_sessions", "whole number")
        }
    }

    @Test func missingConfiguration() async throws {
        try await onBench { bench in
            expectOneLine(
                try await bench.podkeeperd("--config", bench.path("none.yaml")), "none.yaml", "No such file")
        }
    }

    @Test func missingKubeconfig() async throws {
        try await onBench { bench in
            let file = try bench.file("c.yaml", "profiles: {default: {image: busybox}}\n")
            expectOneLine(
                try await bench.podkeeperd(
                    "--config", file, "--backend", "kubernetes", "--kubeconfig", bench.path("none")),
                bench.path("none"))
        }
    }

    private static let kubeconfig = """
        apiVersion: v1
        clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
        users: [{name: u, user: {token: t}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """

    @Test func wrongContext() async throws {
        try await onBench { bench in
            let file = try bench.file("c.yaml", "profiles: {default: {image: busybox}}\n")
            let kubeconfig = try bench.file("k", Self.kubeconfig)
            expectOneLine(
                try await bench.podkeeperd(
                    "--config", file, "--backend", "kubernetes", "--kubeconfig", kubeconfig, "--context", "y"),
                "context \"y\" does not exist")
        }
    }

    @Test func clusterThatRefuses() async throws {
        try await onBench { bench in
            let file = try bench.file("c.yaml", "profiles: {default: {image: busybox}}\n")
            let kubeconfig = try bench.file("k", Self.kubeconfig)
            expectOneLine(
                try await bench.podkeeperd("--config", file, "--backend", "kubernetes", "--kubeconfig", kubeconfig),
                "https://127.0.0.1:1")
            #expect(try bench.files() == ["c.yaml", "k"])
        }
    }

    @Test func aStartThatFailsLeavesWhatWasThere() async throws {
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            let instance = try await daemon.client { try await $0.call(DaemonStatus.self, .init()).instanceID }
            try await daemon.stop()
            let store = test.directory.appendingPathComponent("podkeeper.db").path
            // Not to be listened at.
            let file = test.directory.appendingPathComponent("file").path
            try "mine".write(toFile: file, atomically: true, encoding: .utf8)
            expectOneLine(
                try await Command.end(
                    TestDaemon.program("podkeeperd"), ["--backend", "local", "--socket", file, "--store", store]), file)
            let again = try await test.start()
            #expect(try await again.client { try await $0.call(DaemonStatus.self, .init()).instanceID } == instance)
            try await again.stop()
        }
    }

    @Test func socketPathTooLong() async throws {
        try await onBench { bench in
            let long = bench.path(String(repeating: "x", count: 120))
            let ended = try await Command.end(
                TestDaemon.program("podkeeperd"),
                ["--backend", "local", "--socket", long, "--store", bench.path("podkeeper.db")])
            expectOneLine(ended, long, "107")
            #expect(try bench.files() == [])
        }
    }

    @Test func storeThatIsNoDatabase() async throws {
        try await onBench { bench in
            let text = "this is no database, but somebody's notes\n" + String(repeating: "x", count: 5000)
            let file = try bench.file("podkeeper.db", text)
            expectOneLine(try await bench.podkeeperd("--backend", "local"), file)
            #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
            #expect(try bench.files() == ["podkeeper.db"])
        }
    }

    @Test func wrongUsage() async throws {
        try await onBench { bench in
            let ended = try await bench.podkeeperd("--no-such-flag")
            #expect(ended.status == 2)
            #expect(ended.errors.contains("--no-such-flag"))
        }
    }

    @Test func secondDaemonOnTheSameStoreAndSocket() async throws {
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            let store = test.directory.appendingPathComponent("podkeeper.db").path
            let sameStore = try await Command.end(
                TestDaemon.program("podkeeperd"),
                ["--backend", "local", "--socket", test.directory.appendingPathComponent("s2").path, "--store", store])
            expectOneLine(sameStore, store, "\(daemon.pid)")
            let sameSocket = try await Command.end(
                TestDaemon.program("podkeeperd"),
                [
                    "--backend", "local", "--socket", test.socket, "--store",
                    test.directory.appendingPathComponent("other/podkeeper.db").path,
                ])
            expectOneLine(sameSocket, test.socket)
            #expect(
                !FileManager.default.fileExists(atPath: test.directory.appendingPathComponent("other").path),
                "a daemon that was refused left its store behind")
            try await daemon.client { client in
                let opened = try await client.open("still-works").opened
                #expect(opened.created)
            }
            try await daemon.stop()
        }
    }

    @Test func checkConfig() async throws {
        try await onBench { bench in
            let file = try bench.file("c.yaml", "backend: local\n")
            let ended = try await Command.end(TestDaemon.program("podkeeperd"), ["check-config", "--config", file])
            #expect(ended.status == 0)
            #expect(ended.output.contains("ok"))
        }
    }
}
