import ControlAPI
import ControlClient
import Foundation
import Testing

/// What the command line does that goes on while daemons come and go.
@Suite(.serialized)
struct CommandLineTests {
    private static let program = TestDaemon.program("podkeeper")

    @Test("events -f goes on after a restart of the daemon, with none missing", .timeLimit(.minutes(2)))
    func eventsGoOn() async throws {
        try await TestDaemon.run(.local) { test in
            let first = try await test.start()
            let command = try RunningCommand(
                Self.program, ["--socket", test.socket, "events", "-f", "--type", "ready"])
            try await first.client { _ = try await $0.open("one") }
            try await command.prints("one/1")
            try await first.stop()
            try await command.says("the connection to podkeeperd was lost")
            let second = try await test.start()
            // Made before the command knows of the new daemon, or after.
            try await second.client { _ = try await $0.open("two") }
            try await command.prints("two/1")
            await second.kill()
            command.send(SIGTERM)
            let ended = await command.end()
            #expect(ended.status == 128 + SIGTERM)
            #expect(ended.output.split(separator: "\n").count == 2, "\(ended.output)")
            #expect(ended.errors.contains("podkeeperd is back"))
        }
    }

    @Test("events -f ends with its reader, without waiting for an event", .timeLimit(.minutes(2)))
    func eventsEndWithTheirReader() async throws {
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            try await daemon.client { _ = try await $0.open("one") }
            let ended = try await Command.end(
                "/bin/bash",
                ["-c", "'\(Self.program)' --socket '\(test.socket)' events -f | head -n 1; echo ${PIPESTATUS[0]}"])
            #expect(ended.output.contains("one/1"))
            // Where the first line went with the last of what it had to say, SIGPIPE was faster: the same code.
            #expect(ended.output.hasSuffix("\n141\n"), "\(ended.output)")
            #expect(ended.errors.isEmpty)
            try await daemon.stop()
        }
    }

    @Test("top says that nobody answers, and goes on when somebody does", .timeLimit(.minutes(2)))
    func topGoesOn() async throws {
        try await TestDaemon.run(.local) { test in
            let first = try await test.start()
            try await first.client { _ = try await $0.open("one") }
            // script(1) gives it a terminal.
            let command = try RunningCommand(
                "/usr/bin/env",
                ["script", "-qefc", "'\(Self.program)' --socket '\(test.socket)' top --interval 0.1", "/dev/null"],
                environment: ["TERM": "xterm"])
            try await command.prints("1 session, 1 ready")
            await first.kill()
            try await command.prints("podkeeperd has not answered since ")
            let second = try await test.start()
            try await second.client { _ = try await $0.open("two") }
            try await command.prints("2 sessions, 2 ready")
            await second.kill()
            try command.type("q")
            let ended = await command.end()
            #expect(ended.status == 0)
            #expect(ended.output.contains("\u{1B}[?1049l"))
        }
    }

    @Test("list --watch in a pipe goes on, too", .timeLimit(.minutes(2)))
    func aWatchedListGoesOn() async throws {
        try await TestDaemon.run(.local) { test in
            let first = try await test.start()
            try await first.client { _ = try await $0.open("one") }
            let command = try RunningCommand(
                Self.program, ["--socket", test.socket, "list", "--watch", "--interval", "0.1", "-o", "name"])
            try await command.prints("one\n")
            await first.kill()
            try await command.says("podkeeperd has not answered since ")
            let second = try await test.start()
            try await second.client { _ = try await $0.open("two") }
            try await command.prints("two\n")
            command.send(SIGINT)
            let ended = await command.end()
            #expect(ended.status == 128 + SIGINT)
            #expect(ended.errors.contains("podkeeper: podkeeperd answers again\n"))
            try await second.stop()
        }
    }
}
