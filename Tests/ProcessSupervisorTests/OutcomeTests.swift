import Foundation
import Testing

@testable import ProcessSupervisor

@Suite("Outcomes") struct OutcomeTests {
    @Test("Exit codes are the process's own", arguments: [0, 1, 3, 126, 127, 255] as [Int32])
    func exitCodes(_ code: Int32) async throws {
        try await Fixture.with { fixture async throws in
            let (end, output) = try await fixture.shell("exit \(code)")
            #expect(end.outcome == .exited(code))
            #expect(output.hasStarted)
        }
    }

    @Test("A signal is told from an exit code", arguments: [SIGTERM, SIGKILL, SIGSEGV])
    func signals(_ signal: Int32) async throws {
        try await Fixture.with { fixture async throws in
            #expect(try await fixture.outcome(.shell("kill -\(signal) $$")) == .signalled(signal))
        }
    }

    @Test("stdout and stderr come apart, counted")
    func streams() async throws {
        try await Fixture.with { fixture async throws in
            let (end, output) = try await fixture.shell("echo one; echo two >&2")
            #expect(output.out == "one\n")
            #expect(output.err == "two\n")
            #expect(end.stdoutBytes == 4)
            #expect(end.stderrBytes == 4)
        }
    }

    @Test("Merged output keeps the order in which it was written")
    func mergedOrder() async throws {
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.shell("for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done")
            command.mergesStderr = true
            let (end, output) = try await fixture.run(command)
            #expect(output.out == (1...9).map { "o\($0)\ne\($0)\n" }.joined())
            #expect(output.stderr.isEmpty)
            #expect(end.stdoutBytes == 54)
        }
    }

    @Test("stdin arrives whole and ends, and is empty where there is none")
    func stdin() async throws {
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.test(["cat"])
            #expect(try await fixture.output(command).stdout.isEmpty)
            command.stdin = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(try await fixture.output(command).stdout == command.stdin)
        }
    }

    @Test("A process that reads none of its stdin holds nothing up")
    func unreadStdin() async throws {
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.shell("exec <&-; exit 5")
            command.stdin = [UInt8](repeating: 1, count: 5_000_000)
            #expect(try await fixture.outcome(command) == .exited(5))
            command.argv = ["true"]
            #expect(try await fixture.outcome(command) == .exited(0))
        }
    }

    @Test("The environment is what was given, and nothing else")
    func environment() async throws {
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.test(["env"])
            command.environment = [Array("PATH=/usr/bin:/bin".utf8), Array("A=".utf8) + [0xFF, 0x0A, 0x3D]]
            #expect(
                try await fixture.output(command).stdout
                    == Array("PATH=/usr/bin:/bin\nA=".utf8) + [0xFF, 0x0A, 0x3D, 0x0A])
        }
    }

    @Test("The working directory may have any bytes in its name")
    func workingDirectory() async throws {
        let parent = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let name = Array("\(parent)/".utf8) + [0xFF, 0x20, 0x0A]
        #expect(
            (name + [0]).withUnsafeBufferPointer {
                $0.withMemoryRebound(to: CChar.self) { mkdir($0.baseAddress!, 0o755) }
            } == 0)
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.test(["pwd"])
            #expect(try await fixture.output(command).out == "/tmp\n")
            command.workingDirectory = name
            command.argv = ["/bin/pwd", "-P"]
            #expect(try await fixture.output(command).stdout == name + [0x0A])
            command.argv = ["touch", "here"]
            #expect(try await fixture.outcome(command) == .exited(0))
            command.argv = ["rm", "here"]
            #expect(try await fixture.outcome(command) == .exited(0))
        }
        _ = (name + [0]).withUnsafeBufferPointer { $0.withMemoryRebound(to: CChar.self) { rmdir($0.baseAddress!) } }
    }

    @Test("A working directory that is not there is an error, and nothing starts")
    func missingWorkingDirectory() async throws {
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.test(["true"])
            command.workingDirectory = Array("/no/such/place".utf8)
            let collected = Collected()
            let error = await #expect(throws: ProcessError.self) { try await fixture.run(command, collected) }
            #expect(error?.kind == .workingDirectory(ENOENT))
            #expect(error?.description.contains("/no/such/place") == true)
            #expect(!collected.hasStarted)
        }
    }

    @Test("What the kernel could not be told is an error")
    func invalidCommands() async throws {
        try await Fixture.with { fixture async throws in
            for argv in [[], [""], ["true", "a\0b"]] {
                let error = await #expect(throws: ProcessError.self) { try await fixture.run(.test(argv)) }
                #expect(error?.kind == .invalid)
            }
            for entry in ["=x", "noequals", "1A=x", "A=\0"] {
                var command = ProcessCommand.test(["true"])
                command.environment.append(Array(entry.utf8))
                let error = await #expect(throws: ProcessError.self) { try await fixture.run(command) }
                #expect(error?.kind == .invalid)
            }
        }
    }

    @Test("The child has its three descriptors, a session of its own and no blocked or ignored signals")
    func cleanChild() async throws {
        try await Fixture.with { fixture async throws in
            // ls opens the directory itself, as 3.
            #expect(try await fixture.output(.test(["ls", "/proc/self/fd"])).out == "0\n1\n2\n3\n")
            let stat = try await fixture.output(.test(["cut", "-d ", "-f1,5,6", "/proc/self/stat"])).out
            #expect(Set(stat.split(whereSeparator: \.isWhitespace)).count == 1)
            let signals = try await fixture.output(.test(["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"])).out
            // posix_spawn(3) of glibc leaves its own two internal signals, 32 and 33, ignored.
            for line in signals.split(separator: "\n") {
                let mask = UInt64(line.split(separator: "\t").last ?? "", radix: 16) ?? .max
                #expect(mask & 0x7FFF_FFFF == 0)
            }
        }
    }
}
