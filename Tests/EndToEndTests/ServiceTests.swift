import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// The daemon as a service: what operators and the service manager do to it.
@Suite
struct ServiceTests {
    private func code(_ expected: Int) -> (any Error) -> Bool { { ($0 as? RPCError)?.code == expected } }

    @Test(.timeLimit(.minutes(1)))
    func aDrainedDaemonTakesNoNewSessions() async throws {
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let (session, _) = try await client.open("old")
                #expect(try await client.call(DaemonDrain.self, .init()).draining)
                #expect(try await client.call(DaemonStatus.self, .init()).draining)
                await #expect(performing: { _ = try await client.open("new") }, throws: code(-32009))
                #expect(try await session.execute("echo on").output == "on\n")
                #expect(try await !client.open("old").opened.created)
                #expect(try await !client.call(DaemonDrain.self, .init(enabled: false)).draining)
                #expect(try await client.open("new").opened.created)
            }
            try await daemon.stop()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func theConfigurationIsReadAgain() async throws {
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            let file = test.directory.appendingPathComponent("podkeeper.yaml")
            let original = try String(contentsOf: file, encoding: .utf8)
            func write(sessions: String) throws {
                let text = original.replacing("sessions: {}", with: "sessions: \(sessions)")
                try text.write(to: file, atomically: true, encoding: .utf8)
            }
            try await daemon.client { client in
                try write(sessions: "{max_sessions: 7, on_shutdown: release}")
                let result = try await client.call(DaemonReload.self, .init())
                #expect(result.changed == ["sessions"])
                #expect(result.needsRestart == ["sessions.on_shutdown"])
                #expect(try await client.call(DaemonStatus.self, .init()).limits.maxSessions == 7)
                // What needs a restart is said again each time, what was taken up is not.
                let again = try await client.call(DaemonReload.self, .init())
                #expect(again == .init(changed: [], needsRestart: ["sessions.on_shutdown"]))
                try write(sessions: "{max_sesions: 8}")
                await #expect(
                    performing: { _ = try await client.call(DaemonReload.self, .init()) },
                    throws: { ($0 as? RPCError)?.message.contains("max_sesions") == true })
                #expect(try await client.call(DaemonStatus.self, .init()).limits.maxSessions == 7)
                try write(sessions: "{max_sessions: 9}")
                kill(daemon.pid, SIGHUP)
                while try await client.call(DaemonStatus.self, .init()).limits.maxSessions != 9 {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            try await daemon.stop()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [DaemonShutdown.Sessions.keep, .release])
    func anOperatorStopsTheDaemon(_ sessions: DaemonShutdown.Sessions) async throws {
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                _ = try await client.open("s")
                _ = try await client.call(DaemonShutdown.self, .init(sessions: sessions))
            }
            await daemon.waitForEnd()
            let next = try await test.start()
            let total = try await next.client { try await $0.call(SessionList.self, .init()).total }
            #expect(total == (sessions == .keep ? 1 : 0))
            try await next.stop()
        }
    }

    /// Holds the listening socket as systemd does, and restarts the daemon under a client that connects all the time.
    private static let activation = #"""
        import json, os, signal, socket, subprocess, sys, threading

        program, directory = sys.argv[1:]
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(directory + "/activated")
        listener.listen(64)
        name = f"podkeeper-test-{os.getpid()}"
        states = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        states.bind("\0" + name)
        states.settimeout(60)

        def start():
            def hand_over():
                os.dup2(listener.fileno(), 3)
                os.set_inheritable(3, True)
            environment = dict(os.environ, LISTEN_FDS="1", NOTIFY_SOCKET="@" + name, WATCHDOG_USEC="200000")
            return subprocess.Popen(
                ["sh", "-c", 'LISTEN_PID=$$ exec "$0" "$@"', program, "--backend", "local", "--socket",
                 directory + "/activated", "--store", directory + "/activated.db"],
                env=environment, preexec_fn=hand_over, pass_fds=(3,), stderr=open(directory + "/activated.log", "ab"))

        def wait(state):
            while True:
                seen = states.recv(4096).decode()
                if state in seen.split("\n"):
                    return

        answered, refused, done = 0, 0, threading.Event()

        def ask():
            global answered, refused
            question = b'{"jsonrpc":"2.0","id":1,"method":"session.list"}\n'
            while not done.is_set():
                with socket.socket(socket.AF_UNIX) as connection:
                    try:
                        connection.connect(directory + "/activated")
                    except OSError:
                        refused += 1
                        continue
                    try:
                        connection.sendall(question)
                        answered += b'"result"' in connection.makefile("rb").readline()
                    except OSError:
                        pass  # Closed with the daemon that had taken it.

        daemon = start()
        wait("READY=1")
        client = threading.Thread(target=ask, daemon=True)
        client.start()
        wait("WATCHDOG=1")
        wait("WATCHDOG=1")
        daemon.send_signal(signal.SIGHUP)
        wait("RELOADING=1")
        wait("READY=1")
        for _ in range(3):
            before = answered
            daemon.send_signal(signal.SIGTERM)
            wait("STOPPING=1")
            assert daemon.wait(60) == 0
            daemon = start()
            wait("READY=1")
            while answered == before:
                pass
        done.set()
        client.join()
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(60) == 0
        assert os.path.exists(directory + "/activated")
        print(json.dumps({"refused": refused, "answered": answered}))
        """#

    @Test(.timeLimit(.minutes(2)))
    func aRestartThroughSocketActivationRefusesNobody() async throws {
        let directory = URL(fileURLWithPath: "/tmp/pk-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let output = try await Command.run(
            "/usr/bin/env",
            ["python3", "-c", Self.activation, TestDaemon.program("podkeeperd"), directory.path])
        let result = try JSONCoding.decode(JSONValue.self, from: Array(output.utf8)[...])
        #expect(result["refused"] == 0)
        #expect(try #require(result["answered"]?.integerValue) >= 4)
    }
}
