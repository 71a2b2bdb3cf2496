import Foundation
import Testing

@testable import ProcessSupervisor

@Suite("Programs that do not start") struct ProgramLookupTests {
    private func end(_ argv: [String], in directory: String = "/tmp") async throws -> (Int32, String) {
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.test(argv)
            command.workingDirectory = Array(directory.utf8)
            let (end, output) = try await fixture.run(command)
            #expect(output.hasStarted)
            guard case .exited(let code) = end.outcome else { return (-1, "") }
            return (code, output.err)
        }
    }

    @Test("are 127 where there is none of that name", arguments: ["no-such-program", "/no/such", "./no-such"])
    func missing(_ name: String) async throws {
        #expect(try await end([name]) == (127, "\(name): not found\n"))
    }

    @Test("are 126 where it may not be executed")
    func notExecutable() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(FileManager.default.createFile(atPath: directory + "/plain", contents: Data("x".utf8)))
        #expect(try await end(["./plain"], in: directory) == (126, "./plain: Permission denied\n"))
        #expect(try await end([directory]) == (126, "\(directory): Permission denied\n"))
    }

    @Test("are 126 where it is no program, and 127 where its interpreter is missing")
    func badFormat() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for (name, text) in [("data", "hello"), ("script", "#!/no/such/interpreter\n")] {
            let mode = [FileAttributeKey.posixPermissions: 0o755]
            #expect(
                FileManager.default.createFile(
                    atPath: "\(directory)/\(name)", contents: Data(text.utf8), attributes: mode))
        }
        #expect(try await end(["./data"], in: directory) == (126, "./data: Exec format error\n"))
        #expect(try await end(["./script"], in: directory) == (127, "./script: not found\n"))
    }

    @Test("are looked up on the PATH of the request, skipping what cannot be executed")
    func searchPath() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(FileManager.default.createFile(atPath: directory + "/true", contents: nil))
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.test(["true"])
            command.environment = [Array("PATH=\(directory):/no/such:/usr/bin:/bin".utf8)]
            #expect(try await fixture.outcome(command) == .exited(0))
            command.environment = [Array("PATH=\(directory)".utf8)]
            #expect(try await fixture.outcome(command) == .exited(126))
            command.environment = []
            #expect(try await fixture.outcome(command) == .exited(0))
        }
    }
}
