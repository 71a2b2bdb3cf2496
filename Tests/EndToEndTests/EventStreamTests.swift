import ControlAPI
import ControlClient
import JSONRPC
import Testing

/// `SessionEvents` of the client library, across daemons.
@Suite(.serialized)
struct EventStreamTests {
    /// The events up to the one that `session` has become ready.
    private func events(
        _ iterator: inout SessionEvents.Iterator, untilReady session: String
    ) async throws -> [SessionEvent] {
        var events: [SessionEvent] = []
        while let event = try await iterator.next() {
            events.append(event)
            if event.kind == .ready, event.sessionID == session { break }
        }
        return events
    }

    @Test("a subscriber goes on after daemons that were killed and stopped", .timeLimit(.minutes(2)))
    func goesOnAfterADaemonThatWasKilled() async throws {
        try await TestDaemon.run(.local) { test in
            let first = try await test.start()
            var iterator = SessionEvents(path: test.socket, .init(after: 0)).makeAsyncIterator()
            try await first.client { _ = try await $0.open("one") }
            var seen = try await events(&iterator, untilReady: "one")
            await first.kill()
            let second = try await test.start()
            // Made before the sequence knows of the new daemon.
            try await second.client { _ = try await $0.open("two") }
            seen += try await events(&iterator, untilReady: "two")
            try await second.stop()
            let third = try await test.start()
            try await third.client { _ = try await $0.open("three") }
            seen += try await events(&iterator, untilReady: "three")
            // None is missing and none comes twice.
            #expect(seen.map(\.sequence) == Array(1...Int64(seen.count)))
            #expect(seen.filter { $0.kind == .ready }.map(\.sessionID) == ["one", "two", "three"])
            try await third.stop()
        }
    }

    @Test("a subscriber waits for a daemon that is away", .timeLimit(.minutes(2)))
    func waitsForADaemonThatIsAway() async throws {
        try await TestDaemon.run(.local) { test in
            let first = try await test.start()
            let (seen, report) = AsyncStream.makeStream(of: SessionEvent.self)
            let events = SessionEvents(path: test.socket, .init(after: 0))
            async let following: Void = {
                for try await event in events {
                    report.yield(event)
                    if event.kind == .ready, event.sessionID == "two" { break }
                }
                report.finish()
            }()
            try await first.client { _ = try await $0.open("one") }
            for await event in seen where event.kind == .ready { break }
            // From here on it asks, while nobody serves and while the next daemon begins.
            await first.kill()
            let second = try await test.start()
            try await second.client { _ = try await $0.open("two") }
            try await following
            for await event in seen { #expect(event.sessionID == "two") }
            try await second.stop()
        }
    }

    @Test("a subscriber that resumes waits for its first connection, too", .timeLimit(.minutes(2)))
    func resumesBeforeTheDaemonIsBack() async throws {
        try await TestDaemon.run(.local) { test in
            let (contacts, report) = AsyncStream.makeStream(of: SessionEvents.Contact.self)
            let resumed = SessionEvents(path: test.socket, .init(after: 0), isResumed: true) { report.yield($0) }
            async let following: [SessionEvent] = {
                var iterator = resumed.makeAsyncIterator()
                return try await events(&iterator, untilReady: "one")
            }()
            var told = contacts.makeAsyncIterator()
            #expect(await told.next() == .lost)
            let daemon = try await test.start()
            try await daemon.client { _ = try await $0.open("one") }
            #expect(try await following.map(\.sequence).first == 1)
            #expect(await told.next() == .regained)
            try await daemon.stop()
        }
    }

    @Test("a subscriber is told that there is no daemon, or that it refuses", .timeLimit(.minutes(1)))
    func saysThatThereIsNoDaemon() async throws {
        var atOnce = SessionEvents(path: "/tmp/podkeeper-none/s").makeAsyncIterator()
        await #expect(
            performing: { _ = try await atOnce.next() }, throws: { ($0 as? ControlClientError)?.code == .noSocket })
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            var refused = SessionEvents(path: test.socket, .init(after: 1000)).makeAsyncIterator()
            await #expect(performing: { _ = try await refused.next() }, throws: { ($0 as? RPCError)?.code == -32602 })
            var later = SessionEvents(path: test.socket, .init(after: 0), patience: .milliseconds(200))
                .makeAsyncIterator()
            try await daemon.client { _ = try await $0.open("one") }
            _ = try await events(&later, untilReady: "one")
            try await daemon.stop()
            await #expect(performing: { _ = try await later.next() }, throws: { $0 is ControlClientError })
        }
    }

    @Test("a subscriber that is cancelled stops waiting", .timeLimit(.minutes(1)))
    func isCancelled() async throws {
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            try await daemon.client { _ = try await $0.open("one") }
            let (seen, report) = AsyncStream.makeStream(of: SessionEvent.self)
            let events = SessionEvents(path: test.socket, .init(after: 0))
            await #expect(throws: CancellationError.self) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { for try await event in events { report.yield(event) } }
                    for await event in seen where event.kind == .ready { break }
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
            try await daemon.stop()
        }
    }
}
