import ControlAPI
import Foundation
import JSONRPC
import Testing

/// Every operation of a sandbox, through the daemon's socket, in every way in which a sandbox can be had.
@Suite(.serialized)
struct OperationTests {
    private func withSession(_ route: SandboxRoute, _ body: @Sendable (TestSession) async throws -> Void) async throws {
        try await TestDaemon.run(route) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                try await body(try await client.open("operations", profile: route.profile).session)
            }
            try await daemon.stop()
        }
    }

    private func fileError(_ reason: String, _ message: String, _ body: () async throws -> Void) async {
        do {
            try await body()
            Issue.record("no error, where '\(message)' should be one")
        } catch {
            let error = error as? RPCError
            #expect(error?.code == -32010)
            #expect(error?.data?["reason"]?.stringValue == reason)
            #expect(error?.message == message)
        }
    }

    private func refusal(_ body: () async throws -> Void) async -> RPCError? {
        do { try await body() } catch { return error as? RPCError }
        return nil
    }

    @Test(arguments: SandboxRoute.available)
    func commands(_ route: SandboxRoute) async throws {
        try await withSession(route) { session in
            let merged = try await session.execute("echo out; echo err >&2; exit 3")
            #expect(merged.output == "out\nerr\n")
            #expect(merged.exitCode == 3)
            #expect(try await session.execute("no-such-program").exitCode == 127)

            let long = try await session.execute(
                "i=0; while [ $i -lt 30000 ]; do echo 12345; i=$((i + 1)); done; exit 5")
            #expect(long.output.utf8.count == 100_000)
            #expect(long.truncated)
            #expect(long.exitCode == 5)

            let late = try await session.execute("echo before; sleep 60; echo after", timeout: 1)
            #expect(late.timedOut)
            #expect(late.exitCode == 124)
            #expect(late.output == "before\n")

            let run = try await session.run(["sh", "-c", "echo out; echo err >&2; exit 4"])
            #expect(run.stdout == "out\n")
            #expect(run.stderr == "err\n")
            #expect(run.exitCode == 4)
            let quoted = ["printf", "%s|", "a b", "it's", "", "$HOME", "new\nline", "ä"]
            #expect(try await session.run(quoted).stdout == "a b|it's||$HOME|new\nline|ä|")
            #expect(try await session.run(["cat"], stdin: "to the end").stdout == "to the end")
            #expect(try await session.run(["cat"]).stdout == "")
            #expect(try await session.run(["no-such-program"]).exitCode == 127)
            let settings = try await session.run(
                ["sh", "-c", "echo $NAME, $FROM_PROFILE; pwd"], environment: ["NAME": "a 'b' c"],
                workingDirectory: "/tmp")
            #expect(settings.stdout == "a 'b' c, of the profile\n/tmp\n")
            let killed = try await session.run(["sh", "-c", "kill -9 $$"])
            #expect(killed.exitCode == 137)
            let timedOut = try await session.run(["sleep", "60"], timeout: 1)
            #expect(timedOut.timedOut)
            #expect(timedOut.exitCode == nil)
            let limited = try await session.run(["sh", "-c", "while :; do echo 0123456789; done"], outputLimit: 50_000)
            #expect(limited.outputLimited)
            #expect(limited.exitCode == nil)
        }
    }

    @Test(arguments: SandboxRoute.available)
    func whatCannotBeIsRefusedBeforeAnythingRuns(_ route: SandboxRoute) async throws {
        try await withSession(route) { session in
            let refused: [@Sendable () async throws -> Void] = [
                { _ = try await session.run([]) }, { _ = try await session.run(["a\0b"]) },
                { _ = try await session.run(["touch", "ran"], environment: ["A=B": "x"]) },
                { _ = try await session.run(["touch", "ran"], environment: ["A": "x\0"]) },
                { _ = try await session.run(["touch", "ran"], workingDirectory: "a\0b") },
                { _ = try await session.run(["touch", "ran"], outputLimit: 0) },
                { _ = try await session.execute("touch ran\0") }, { _ = try await session.read("a\0b") },
                { try await session.write("", "x") },
            ]
            for (index, call) in refused.enumerated() {
                #expect(await refusal(call)?.code == -32602, "\(index)")
            }
            for timeout in [0.0, -1, .infinity, .nan] {
                // Infinity and NaN are no JSON: they do not get out of the client.
                let isJSON = timeout.isFinite
                let run = await refusal { _ = try await session.run(["touch", "ran"], timeout: timeout) }
                let execute = await refusal { _ = try await session.execute("touch ran", timeout: timeout) }
                #expect((run?.code == -32602) == isJSON && (execute?.code == -32602) == isJSON, "\(timeout)")
            }
            #expect(try await session.run(["true"], timeout: 1e9).exitCode == 0)
            #expect(try await session.list(".").isEmpty)
            _ = try await session.execute("mkfifo fifo")
            for path in ["fifo", "/dev/null"] {
                #expect(await refusal { _ = try await session.read(path) }?.data?["reason"] == "invalid", "\(path)")
                #expect(await refusal { try await session.write(path, "x") }?.data?["reason"] == "invalid", "\(path)")
            }
        }
    }

    @Test(arguments: SandboxRoute.available)
    func backgroundChildrenDoNotHoldTheCall(_ route: SandboxRoute) async throws {
        try await withSession(route) { session in
            let result = try await session.execute("sleep 300 & echo started", timeout: 60)
            #expect(result.output == "started\n")
            #expect(result.exitCode == 0)
            #expect(!result.timedOut)
        }
    }

    @Test(arguments: SandboxRoute.available)
    func bytesStayWhatTheyAre(_ route: SandboxRoute) async throws {
        try await withSession(route) { session in
            var bytes: [UInt8] = []
            for _ in 0..<1024 { bytes += (0...255).map { UInt8($0) } }
            #expect(try await session.write("dir with space/all.bin", bytes: bytes) == bytes.count)
            #expect(try await session.readBytes("dir with space/all.bin") == bytes)
            #expect(
                try await session.readBytes("dir with space/all.bin", offset: 250, length: 12)
                    == Array(bytes[250..<262]))

            for content in ["", "a", "a\n", "a\r\nb", "no newline at the end\nä"] {
                try await session.write("exact.txt", content)
                #expect(try await session.readBytes("exact.txt") == Array(content.utf8))
            }
            try await session.write("-x's \"name\"\n.txt", "odd")
            #expect(try await session.readBytes("-x's \"name\"\n.txt") == Array("odd".utf8))
            #expect(try await session.list(".").contains { $0.name == "-x's \"name\"\n.txt" })

            // 64 KiB of every byte, edited in the middle.
            try await session.write("middle.txt", "start\n" + String(repeating: "x", count: 200_000) + "MIDDLE\nend")
            #expect(try await session.edit("middle.txt", "MIDDLE", "centre") == 1)
            let edited = try await session.readBytes("middle.txt")
            #expect(edited.count == 6 + 200_000 + 10)
            #expect(edited.suffix(10) == Array("centre\nend".utf8))
        }
    }

    @Test(arguments: SandboxRoute.available)
    func readingAndEditing(_ route: SandboxRoute) async throws {
        try await withSession(route) { session in
            try await session.write("lines.txt", "one\ntwo\nthree\nfour\n")
            #expect(try await session.read("lines.txt") == "     1\tone\n     2\ttwo\n     3\tthree\n     4\tfour")
            #expect(
                try await session.read("lines.txt", offset: 1, limit: 2)
                    == "     2\ttwo\n     3\tthree\n\n... (1 more lines)")
            try await session.write("empty.txt", "")
            #expect(try await session.read("empty.txt") == "")
            await fileError("not_found", "File 'missing.txt' not found") { _ = try await session.read("missing.txt") }

            try await session.write("edit.txt", "a b a\n")
            #expect(try await session.edit("edit.txt", "b", "c") == 1)
            await fileError("no_match", "String 'zzz' not found in file") {
                _ = try await session.edit("edit.txt", "zzz", "c")
            }
            await fileError(
                "many_matches",
                "String 'a' found 2 times. Use replace_all=True to replace all, or provide more context."
            ) { _ = try await session.edit("edit.txt", "a", "d") }
            #expect(try await session.edit("edit.txt", "a", "d", all: true) == 2)
            #expect(try await session.readBytes("edit.txt") == Array("d c d\n".utf8))
            await fileError("not_found", "File 'missing.txt' not found") {
                _ = try await session.edit("missing.txt", "a", "b")
            }
        }
    }

    @Test(arguments: SandboxRoute.available)
    func finding(_ route: SandboxRoute) async throws {
        try await withSession(route) { session in
            for path in ["src/main.py", "src/deep/er/util.py", "src/notes.txt", "README.md", ".hidden/x.py"] {
                try await session.write(path, "needle in \(path)\nanother line\n")
            }
            _ = try await session.execute("ln -s src link; ln -s README.md file-link; ln -s nowhere dangling")
            let top = try await session.list(".")
            let directories = top.filter(\.isDirectory).map(\.name)
            #expect(directories == [".hidden", "link", "src"])
            #expect(top.prefix(3).map(\.isDirectory) == [true, true, true])
            #expect(top.first { $0.name == "link" }?.isSymlink == true)
            #expect(top.first { $0.name == "README.md" }?.size == 33)

            let names = { (paths: [String]) in paths.map { $0.components(separatedBy: "/").last ?? "" }.sorted() }
            #expect(names(try await session.glob("*.py")).filter { $0 != "x.py" } == ["main.py", "util.py"])
            #expect(names(try await session.glob("src/**/*.py")) == ["main.py", "util.py"])
            #expect(names(try await session.glob("src/*.{py,txt}")) == ["main.py", "notes.txt"])
            #expect(names(try await session.glob("[mn]*.??*", "src")) == ["main.py", "notes.txt"])
            #expect(try await session.glob("*.none").isEmpty)

            let found = try await session.grep("need(le|ful)")
            #expect(
                names(found.matches.map(\.path)).filter { $0 != "README.md" && $0 != "file-link" } == [
                    "main.py", "notes.txt", "util.py",
                ])
            #expect(found.matches.allSatisfy { $0.lineNumber == 1 })
            let one = try await session.grep("another", path: "src/main.py")
            #expect(one.matches.map(\.line) == ["another line"])
            #expect(one.matches.map(\.lineNumber) == [2])
            #expect(names(try await session.grep("needle", glob: "*.txt").matches.map(\.path)) == ["notes.txt"])
            // No option of anything, and no command.
            try await session.write("dash.txt", "-rf $(touch ran) 'x'\n")
            for pattern in ["-rf", "-e", "'x'", "--"] {
                let paths = try await session.grep(pattern, path: "dash.txt").matches.map(\.lineNumber)
                #expect(paths == (pattern == "-rf" || pattern == "'x'" ? [1] : []), "\(pattern)")
            }
            _ = try await session.grep("\\$(touch ran)'; touch ran; '", path: "dash.txt")
            #expect(try await session.exists("ran") == false)
            await #expect(
                performing: { _ = try await session.grep("it's (unclosed") },
                throws: { ($0 as? RPCError)?.code == -32602 })

            #expect(try await session.exists("README.md"))
            #expect(try await session.exists("file-link"))
            #expect(try await session.exists("src") == false)
            #expect(try await session.exists("dangling") == false)
        }
    }
}
