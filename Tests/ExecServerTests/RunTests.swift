import ExecAPI
import Foundation
import Testing

@Suite("Runs") struct RunTests {
    @Test("have their output apart, their outcome, environment, directory and stdin")
    func everything() async throws {
        try await Execd.with { server async throws in
            var body = RunBody.shell("echo \"$A\"; pwd; cat; echo e >&2; exit 5")
            body.environment = ["A": "x y"]
            body.workingDirectory = Base64Bytes(Array("sub".utf8))
            body.stdin = Base64Bytes([0, 255, 10])
            try FileManager.default.createDirectory(
                atPath: server.directory + "/sub", withIntermediateDirectories: true)
            let answer = try await server.run(body)
            #expect(answer.stdout == Array("x y\n\(server.directory)/sub\n".utf8) + [0, 255, 10])
            #expect(answer.err == "e\n")
            let outcome = try #require(answer.outcome)
            #expect(outcome.kind == .exited)
            #expect(outcome.code == 5)
            #expect(outcome.stdoutBytes == answer.stdout.count)
            #expect(outcome.stderrBytes == 2)
        }
    }

    @Test("end with a signal, a deadline, a limit, or no program")
    func outcomes() async throws {
        try await Execd.with { server async throws in
            let signalled = try await server.run(.shell("kill -TERM $$")).outcome
            #expect(signalled?.kind == .signalled)
            #expect(signalled?.signal == SIGTERM)
            var late = RunBody.shell("echo a; sleep 1000")
            late.timeout = 0.3
            let answer = try await server.run(late)
            #expect(answer.outcome?.kind == .timedOut)
            #expect(answer.out == "a\n")
            var loud = RunBody(argv: ["yes"], runID: "loud")
            loud.outputLimit = 1000
            let cut = try await server.run(loud)
            #expect(cut.outcome?.kind == .outputLimited)
            #expect(cut.stdout.count == 1000)
            let missing = try await server.run(RunBody(argv: ["no-such-thing"], runID: "m"))
            #expect(missing.outcome?.code == 127)
            #expect(missing.err == "no-such-thing: not found\n")
            #expect(try await server.run(RunBody(argv: ["/tmp"], runID: "n")).outcome?.code == 126)
        }
    }

    @Test("with an id that was used start nothing; one that never started may come again")
    func repeats() async throws {
        try await Execd.with { server async throws in
            let body = RunBody.shell("echo x >> count", id: "once")
            #expect(try await server.run(body).outcome?.code == 0)
            let again = try await server.send("/v1/run", try body.json)
            #expect(again.status == 409)
            #expect(again.error["kind"] as? String == "conflict")
            #expect(try String(contentsOfFile: server.directory + "/count", encoding: .utf8) == "x\n")
            let (_, _) = try await server.start(.shell("echo up; sleep 1000", id: "long"), until: "up")
            #expect(try await server.send("/v1/run", try RunBody.shell("true", id: "long").json).status == 409)
            var lost = RunBody.shell("true", id: "lost")
            lost.workingDirectory = Base64Bytes(Array("/no/such".utf8))
            #expect(try await server.send("/v1/run", try lost.json).status == 400)
            lost.workingDirectory = nil
            #expect(try await server.run(lost).outcome?.code == 0)
        }
    }

    @Test("of a client that goes away are killed, the whole group")
    func disconnect() async throws {
        try await Execd.with { server async throws in
            let run = try await server.start(
                .shell("sleep 1000 & echo \"pid=$!.ready\"; trap '' HUP; sleep 1000"), until: ".ready")
            let text = String(decoding: run.bytes, as: UTF8.self)
            let pid = try #require(Int32(text.split(separator: "=").last?.split(separator: ".").first ?? ""))
            #expect(kill(pid, 0) == 0)
            run.connection.close()
            #expect(await waitUntilGone(pid))
        }
    }

    @Test("can be stopped; stopping what does not run is success")
    func stop() async throws {
        try await Execd.with { server async throws in
            let run = try await server.start(.shell("echo up; sleep 1000", id: "s"), until: "up")
            #expect(try await server.send("/v1/stop", #"{"run_id":"s"}"#).status == 200)
            var bytes = run.bytes
            while case let piece = try await run.connection.read(), !piece.isEmpty {
                bytes += piece
                if String(decoding: bytes, as: UTF8.self).contains("signalled") { break }
            }
            #expect(String(decoding: bytes, as: UTF8.self).contains(#""signalled""#))
            #expect(try await server.send("/v1/stop", #"{"run_id":"s"}"#).status == 200)
            #expect(try await server.send("/v1/stop", #"{"run_id":"never"}"#).status == 200)
        }
    }

    @Test("of a reader that does not read wait, and cost no memory", .timeLimit(.minutes(2)))
    func backpressure() async throws {
        try await Execd.with { server async throws in
            let total = 200_000_000
            var body = RunBody.shell("head -c \(total) /dev/zero; echo done >&2", id: "big")
            body.outputLimit = total * 2
            _ = try await server.run(.shell("true"))
            let before = try server.status("VmHWM")
            let run = try await server.start(body, until: "HTTP/1.1 200")
            // The pipe and the sockets are full: the process sleeps in write(2).
            let isStuck = await eventually {
                let children = try String(
                    contentsOfFile: "/proc/\(server.pid)/task/\(server.pid)/children", encoding: .utf8)
                _ = children
                return try blockedWriters(of: server.pid) > 0
            }
            #expect(isStuck)
            var received = run.bytes.count
            var tail: [UInt8] = []
            while case let piece = try await run.connection.read(1 << 20), !piece.isEmpty {
                received += piece.count
                tail = Array((tail + piece).suffix(400))
                if String(decoding: tail, as: UTF8.self).contains(#""kind""#) { break }
            }
            #expect(received > total)
            #expect(String(decoding: tail, as: UTF8.self).contains("\(total)"))
            // KiB: the 200 MB did not go through memory at once.
            #expect(try server.status("VmHWM") - before < 20_000)
        }
    }

    /// How many descendants of `server` called head are asleep in a write.
    private func blockedWriters(of server: Int32) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { pid in
            guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                stat.contains("(head) S"),
                let call = try? String(contentsOfFile: "/proc/\(pid)/syscall", encoding: .utf8)
            else { return false }
            // write(2) has number 1 on x86_64 and 64 on arm64.
            return call.hasPrefix("1 ") || call.hasPrefix("64 ")
        }.count
    }

    @Test("over the number that may run are refused, and nothing starts")
    func tooMany() async throws {
        // 64 descriptors allow for four runs.
        try await Execd.with(launcher: ["/bin/sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"]) { server async throws in
            var runs: [TestConnection] = []
            for index in 0..<4 {
                runs.append(
                    try await server.start(.shell("echo up; sleep 1000", id: "\(index)"), until: "up").connection)
            }
            let refused = try await server.send("/v1/run", try RunBody.shell("echo x > started", id: "x").json)
            #expect(refused.status == 503)
            #expect(refused.error["kind"] as? String == "overloaded")
            #expect(refused.headers["retry-after"] == "1")
            #expect(!FileManager.default.fileExists(atPath: server.directory + "/started"))
            runs[0].close()
            let isFree = await eventually { try await server.run(.shell("true")).outcome?.code == 0 }
            #expect(isFree)
        }
    }

    @Test("by the ten thousand leave no zombie and no descriptor", .timeLimit(.minutes(4)))
    func tenThousand() async throws {
        try await Execd.with { server async throws in
            let request = TestRequest("/exec", body: Array(#"{"command":"true"}"#.utf8), token: Execd.token)
            let connections = [try await server.open(), try await server.open(), try await server.open()]
            func run(_ count: Int) async throws {
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for connection in connections {
                        tasks.addTask {
                            for _ in 0..<count {
                                let reply = try await exchange(connection, request)
                                #expect(reply.status == 200)
                            }
                        }
                    }
                    try await tasks.waitForAll()
                }
            }
            try await run(10)
            let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.pid)/fd").count
            try await run(3334)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.pid)/fd").count <= before)
            #expect(try await server.run(.shell("cat /proc/$PPID/task/*/children | wc -w")).out == "1\n")
        }
    }

    private func exchange(_ connection: TestConnection, _ request: TestRequest) async throws -> TestReply {
        try await connection.write(request.bytes)
        return try await connection.reply()
    }
}
