import Foundation
import Testing

@testable import ProcessSupervisor

@Suite("Bringing processes down") struct EndingTests {
    private struct ConsumerGone: Error {}

    /// Prints the pids of a shell and of a grandchild, both deaf to TERM, and waits.
    private static let stubborn = """
        trap '' TERM
        (sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' &)
        echo $$
        while :; do sleep 1; done
        """

    private func pids(_ text: String) -> [Int32] {
        text.split(separator: "\n").compactMap { Int32($0) }
    }

    @Test("The deadline kills the whole group, however deaf, and keeps the output")
    func deadline() async throws {
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.shell(Self.stubborn)
            // Long enough for both to have set their traps, on a busy machine too.
            command.timeout = .seconds(2)
            command.grace = .milliseconds(200)
            let (end, output) = try await fixture.run(command)
            #expect(end.outcome == .timedOut)
            let pids = pids(output.out)
            #expect(pids.count == 2)
            for pid in pids { #expect(await waitUntilGone(pid)) }
        }
    }

    @Test("A group that obeys TERM is not given the whole grace")
    func obedient() async throws {
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.shell("sleep 1000 & echo ready; wait")
            command.timeout = .seconds(1)
            // Far over the time limit of the tests: waiting for it would fail them.
            command.grace = .seconds(100_000)
            let (end, output) = try await fixture.run(command)
            #expect(end.outcome == .timedOut)
            #expect(output.out == "ready\n")
        }
    }

    @Test("A leader that ends at TERM does not save its deaf child")
    func deafChild() async throws {
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.shell(
                "(sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' &); while :; do sleep 1; done")
            command.timeout = .seconds(2)
            command.grace = .milliseconds(200)
            let (end, output) = try await fixture.run(command)
            #expect(end.outcome == .timedOut)
            let pid = try #require(pids(output.out).first)
            #expect(await waitUntilGone(pid))
        }
    }

    @Test("A request ends the run, which then has the process's own outcome")
    func request() async throws {
        try await Fixture.with { fixture async throws in
            let control = RunControl()
            let output = Collected()
            async let run = fixture.outcome(
                .shell("trap 'exit 9' TERM; echo up; while :; do sleep 0.01; done"), output, control: control)
            _ = await output.firstOutput()
            control.end(.terminate)
            #expect(try await run == .exited(9))
        }
    }

    @Test("A request to kill overtakes one to end")
    func kill() async throws {
        try await Fixture.with { fixture async throws in
            let control = RunControl()
            let output = Collected()
            async let run = fixture.outcome(.shell(Self.stubborn), output, control: control)
            _ = await output.firstOutput()
            control.end(.terminate)
            control.end(.kill)
            #expect(try await run == .signalled(SIGKILL))
        }
    }

    @Test("A request that comes before the start counts")
    func earlyRequest() async throws {
        try await Fixture.with { fixture async throws in
            let control = RunControl()
            control.end(.terminate)
            #expect(try await fixture.outcome(.test(["sleep", "1000"]), control: control) == .signalled(SIGTERM))
        }
    }

    @Test("Cancelling the caller ends the run, and the call still tells how")
    func cancellation() async throws {
        try await Fixture.with { fixture async throws in
            let output = Collected()
            let outcome = try await withThrowingTaskGroup(of: ProcessOutcome.self) { tasks in
                tasks.addTask { try await fixture.outcome(.shell("echo up; exec sleep 1000"), output) }
                _ = await output.firstOutput()
                tasks.cancelAll()
                return try await tasks.next()
            }
            #expect(outcome == .signalled(SIGTERM))
        }
    }

    @Test("A consumer that gives up ends the run")
    func consumerGivesUp() async throws {
        try await Fixture.with { fixture async throws in
            let end = try await fixture.supervisor.run(.shell("yes"), control: RunControl()) {
            } onOutput: { _, _, _ in
                throw ConsumerGone()
            }
            #expect(end.outcome == .signalled(SIGTERM))
        }
    }

    @Test("A consumer that is gone before the start ends the run")
    func consumerGoneBefore() async throws {
        try await Fixture.with { fixture async throws in
            let end = try await fixture.supervisor.run(.test(["sleep", "1000"]), control: RunControl()) {
                throw ConsumerGone()
            } onOutput: { _, _, _ in
            }
            #expect(end.outcome == .signalled(SIGTERM))
        }
    }

    @Test("Output up to the limit is no offence, one byte more kills", arguments: [(100_000, false), (100_001, true)])
    func outputLimit(_ bytes: Int, _ isOver: Bool) async throws {
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.shell("head -c \(bytes) /dev/zero")
            command.outputLimit = 100_000
            let (end, output) = try await fixture.run(command)
            #expect(end.outcome == (isOver ? .outputLimited : .exited(0)))
            #expect(output.stdout.count == 100_000)
            #expect(end.stdoutBytes == 100_000)
        }
    }

    @Test("The limit holds for both streams together, and ends what would never end")
    func endlessOutput() async throws {
        try await Fixture.with { fixture async throws in
            var command = ProcessCommand.shell("yes >&2 & yes")
            command.outputLimit = 1_000_000
            let (end, output) = try await fixture.run(command)
            #expect(end.outcome == .outputLimited)
            #expect(output.stdout.count + output.stderr.count == 1_000_000)
        }
    }

    @Test("A background child neither holds the run nor is harmed")
    func backgroundChild() async throws {
        try await Fixture.with { fixture async throws in
            let (end, output) = try await fixture.shell("sleep 1000 & echo $!")
            #expect(end.outcome == .exited(0))
            let pid = try #require(pids(output.out).first)
            #expect(Foundation.kill(pid, 0) == 0)
            Foundation.kill(pid, SIGKILL)
        }
    }

    @Test("A background child that writes for ever does not hold the run either")
    func backgroundWriter() async throws {
        try await Fixture.with { fixture async throws in
            let collected = Collected()
            let end = try await fixture.supervisor.run(.shell("echo $$; yes & exit 4"), control: RunControl()) {
            } onOutput: { stream, offset, bytes in
                if offset == 0 { collected.add(stream, offset, Array(bytes.prefix { $0 != UInt8(ascii: "\n") })) }
            }
            #expect(end.outcome == .exited(4))
            let group = try #require(Int32(collected.out))
            Foundation.kill(-group, SIGKILL)
        }
    }

    @Test("All that the process itself wrote arrives, though a child keeps the pipe and the consumer is slow")
    func slowConsumer() async throws {
        try await Fixture.with { fixture async throws in
            let collected = Collected()
            let end = try await fixture.supervisor.run(
                .shell("head -c 60000 /dev/zero; echo end; sleep 1000 & exit 0"), control: RunControl()
            ) {
            } onOutput: { stream, offset, bytes in
                // Longer than the time that the pipe is left open for children.
                try? await Task.sleep(for: .milliseconds(300))
                collected.add(stream, offset, bytes)
            }
            #expect(end.outcome == .exited(0))
            #expect(collected.stdout.count == 60004)
            #expect(collected.out.hasSuffix("end\n"))
        }
    }

    @Test("A thousand runs leave no descriptor and no zombie", .timeLimit(.minutes(2)))
    func leaks() async throws {
        try await Fixture.with { fixture async throws in
            // The first one starts what swift-subprocess keeps.
            _ = try await fixture.shell("exit 0")
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for index in 0..<1000 {
                    if index >= 8 { try await tasks.next() }
                    tasks.addTask {
                        let end = try await fixture.outcome(.test(["true"]))
                        #expect(end == .exited(0))
                    }
                }
                try await tasks.waitForAll()
            }
        }
        // Other tests run in this process at the same time: a leak of one each would be a thousand.
        #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count < 400)
        let own = getpid()
        let zombies = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter {
            pid in
            guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
            let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && fields[0] == "Z" && fields[1] == "\(own)"
        }
        #expect(zombies.count < 50)
    }
}
