import Foundation
import Testing

@Suite("The program's life") struct LifeTests {
    @Test("SIGTERM ends deaf commands, and then the server with 0")
    func terminate() async throws {
        let server = try await blocking { try Execd() }
        let run = try await server.start(
            .shell("trap '' TERM; echo \"pid=$$.ready\"; while :; do sleep 1; done"), until: ".ready")
        let text = String(decoding: run.bytes, as: UTF8.self)
        let pid = try #require(Int32(text.split(separator: "=").last?.split(separator: ".").first ?? ""))
        #expect(try await server.stop() == 0)
        #expect(await waitUntilGone(pid))
    }

    @Test("A Unix socket is the owner's only, replaces a dead one and respects a live one")
    func unixSocket() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = directory + "/s"
        let server = try await blocking { try Execd(["--socket", path]) }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try await server.get("/health").status == 200)
        let environment = ["SANDBOX_EXEC_TOKEN": "x"]
        let exit = try await Execd.run(["serve", "--socket", path], environment: environment)
        #expect(exit.code == 1)
        #expect(exit.output.contains("another server listens"))
        kill(server.pid, SIGKILL)
        _ = try await server.wait()
        #expect(FileManager.default.fileExists(atPath: path))
        let next = try await blocking { try Execd(["--socket", path]) }
        #expect(try await next.get("/health").status == 200)
        #expect(try await next.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("A socket path that is too long, or no socket, is refused by name")
    func badSocket() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let environment = ["SANDBOX_EXEC_TOKEN": "x"]
        let long = try await Execd.run(
            ["serve", "--socket", directory + "/" + String(repeating: "x", count: 100)], environment: environment)
        #expect(long.code == 1)
        #expect(long.output.contains("107"))
        #expect(FileManager.default.createFile(atPath: directory + "/f", contents: nil))
        let file = try await Execd.run(["serve", "--socket", directory + "/f"], environment: environment)
        #expect(file.code == 1)
        #expect(FileManager.default.fileExists(atPath: directory + "/f"))
        for arguments in [["--port", "70000"], ["--work-dir", "/no/such"], ["--socket", "/tmp/x", "--port", "1"]] {
            #expect(try await Execd.run(["serve"] + arguments, environment: environment).code == 1)
        }
    }

    @Test("install makes a whole, executable copy, over an old one too")
    func install() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = directory + "/a/b/execd"
        for _ in 0..<2 {
            let exit = try await Execd.run(["install", path])
            #expect(exit.code == 0)
            #expect(exit.output.isEmpty)
        }
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o755)
        #expect(FileManager.default.contentsEqual(atPath: path, andPath: Execd.path))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/a/b") == ["execd"])
        #expect(try await Execd.run(["install", "/proc/nope/x"]).code == 1)
    }

    @Test(
        "init passes on exit codes",
        arguments: [("exit 7", 7), ("kill -9 $$", 137), ("exit 0", 0)] as [(String, Int32)])
    func initCodes(_ line: String, _ code: Int32) async throws {
        #expect(try await Execd.run(["init", "--", "sh", "-c", line]).code == code)
    }

    @Test("init says what it cannot start")
    func initFailures() async throws {
        #expect(try await Execd.run(["init", "--", "no-such-program"]).code == 127)
        #expect(try await Execd.run(["init", "--", "/tmp"]).code == 126)
        #expect(try await Execd.run(["init"]).code == 1)
    }

    @Test("init serves without any secret in its environment, reaps orphans and ends on SIGTERM with serve's code")
    func initServes() async throws {
        let server = try await blocking { try Execd(role: ["init", "--", "serve"]) }
        let answer = try await server.run(
            .shell(
                """
                (sh -c 'echo $$ >pid; exec sleep 0.2' >&- &)
                until [ -s pid ]; do sleep 0.01; done
                cat pid; tr '\\0' '\\n' </proc/$PPID/environ; env
                """))
        #expect(!answer.out.contains("s3cret"))
        #expect(!answer.out.contains("SANDBOX_EXEC"))
        let own = try String(contentsOfFile: "/proc/\(server.pid)/environ", encoding: .utf8)
        #expect(!own.contains("s3cret"))
        let orphan = try #require(Int32(answer.out.prefix { $0 != "\n" }))
        // Reaped, not only a zombie.
        let isReaped = await eventually { !FileManager.default.fileExists(atPath: "/proc/\(orphan)") }
        #expect(isReaped)
        #expect(try await server.stop() == 0)
    }

    @Test("serve does not outlive its init")
    func orphanedServe() async throws {
        let server = try await blocking { try Execd(role: ["init", "--", "serve"]) }
        let answer = try await server.run(.shell("echo $PPID"))
        let serve = try #require(Int32(answer.out.prefix { $0 != "\n" }))
        kill(server.pid, SIGKILL)
        _ = try await server.wait()
        #expect(await waitUntilGone(serve))
    }

    @Test("init kills what outlives SIGTERM")
    func initKills() async throws {
        let server = try await blocking { try Execd(role: ["init", "--", "serve"]) }
        let run = try await server.run(
            .shell(
                """
                (setsid sh -c 'trap "" TERM; echo $$ >pid; while :; do sleep 1; done' >&- &)
                until [ -s pid ]; do sleep 0.01; done
                cat pid
                """))
        let pid = try #require(Int32(run.out.prefix { $0 != "\n" }))
        #expect(kill(pid, 0) == 0)
        #expect(try await server.stop() == 0)
        #expect(await waitUntilGone(pid))
    }
}
