import Foundation
import Testing

/// What the README shows does what it says.
@Suite
struct ReadmeTests {
    static var root: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    /// The program of the section "An agent server's view", and what it prints.
    static func example() throws -> (program: String, output: String) {
        let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        let block = try #require(readme.firstRange(of: /```python\n[\s\S]*?```/))
        return (
            String(readme[block].dropFirst("```python\n".count).dropLast("```".count)),
            """
            ready True
                 1\tbuy oat milk
                 2\twrite code
            /workspace/notes/todo.txt
            buy oat milk
            2 notes/todo.txt

            out
             err
             3
            True

            """
        )
    }

    @Test(.timeLimit(.minutes(1)))
    func theAgentServersViewRunsAsItStands() async throws {
        let example = try Self.example()
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            let output = try await Command.run(
                "/usr/bin/env", ["python3", "-c", example.program],
                environment: ["PODKEEPER_SOCKET": daemon.socket])
            #expect(output == example.output)
            try await daemon.stop()
        }
    }

    @Test func theExampleConfigurationIsValid() async throws {
        let file = Self.root.appendingPathComponent("config/podkeeper.yaml").path
        try await Command.run(TestDaemon.program("podkeeperd"), ["check-config", "--config", file])
        try await Command.run(
            TestDaemon.program("podkeeperd"), ["check-config", "--config", file, "--backend", "kubernetes"])
    }
}
