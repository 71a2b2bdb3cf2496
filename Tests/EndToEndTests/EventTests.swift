import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// Events of sessions over the socket: who is told what, and what a crash or a slow reader makes of that.
@Suite(.serialized)
struct EventTests {
    @Test("events come to a subscriber, and are there after a crash", .timeLimit(.minutes(2)))
    func eventsAreFollowed() async throws {
        try await TestDaemon.run(.local) { test in
            let first = try await test.start()
            let seen = try await first.client { client in
                let notifications = client.notifications()
                let subscription = try await client.call(
                    EventsSubscribe.self, .init(sessionID: "one", types: [.ready, .updated]))
                _ = try await client.open("other")
                _ = try await client.open("one")
                _ = try await client.call(SessionUpdate.self, .init(sessionID: "one", labels: ["a": "b"]))
                var events: [SessionEvent] = []
                for await notification in notifications where notification.method == EventNotification.name {
                    let event = try notification.decode(EventNotification.self)
                    #expect(event.subscriptionID == subscription.subscriptionID)
                    events.append(event.event)
                    if events.count == 2 { break }
                }
                #expect(events.map(\.kind) == [.ready, .updated])
                #expect(events.allSatisfy { $0.sessionID == "one" })
                _ = try await client.call(
                    EventsUnsubscribe.self, .init(subscriptionID: subscription.subscriptionID))
                return events
            }
            await first.kill()
            let second = try await test.start()
            try await second.client { client in
                let listed = try await client.call(EventsList.self, .init(sessionID: "one", types: [.ready, .updated]))
                #expect(listed.events == seen)
                // Goes on where the subscriber of the dead daemon stopped.
                let notifications = client.notifications()
                _ = try await client.call(EventsSubscribe.self, .init(after: seen[0].sequence, sessionID: "one"))
                for await notification in notifications where notification.method == EventNotification.name {
                    #expect(try notification.decode(EventNotification.self).event == seen[1])
                    break
                }
            }
            try await second.stop()
        }
    }

    @Test("a subscriber whose events are gone is told once, and goes on", .timeLimit(.minutes(2)))
    func aSubscriberThatFellBehindOverflowsOnce() async throws {
        try await TestDaemon.run(.local) { test in
            test.extra.set("events: {keep: 5}")
            let daemon = try await test.start()
            try await daemon.client { client in
                _ = try await client.open("one")
                for number in 1...10 {
                    _ = try await client.call(SessionUpdate.self, .init(sessionID: "one", labels: ["n": "\(number)"]))
                }
                let notifications = client.notifications()
                let subscription = try await client.call(EventsSubscribe.self, .init(after: 0))
                #expect(subscription.latestSequence == 12)
                var events: [SessionEvent] = []
                for await notification in notifications where notification.method == EventNotification.name {
                    events.append(try notification.decode(EventNotification.self).event)
                    if events.count == 6 { break }
                }
                #expect(events.map(\.kind) == [.overflow] + Array(repeating: .updated, count: 5))
                #expect(events.map(\.sequence) == Array(7...12))
            }
            try await daemon.stop()
        }
    }

    /// Writes to the store that it is given, while no daemon has it: a detail of 100 000 bytes into the first event.
    private static let longEvent = """
        import sqlite3, sys
        store = sqlite3.connect(sys.argv[1])
        store.execute("UPDATE event SET detail = ? WHERE seq = 1", ("x" * 100_000,))
        store.commit()
        """

    @Test("an event that cannot be sent ends no subscription", .timeLimit(.minutes(2)))
    func anEventThatCannotBeSentIsTold() async throws {
        try await TestDaemon.run(.local) { test in
            test.extra.set("limits: {max_message_bytes: 65536}")
            let first = try await test.start()
            try await first.client { _ = try await $0.open("one") }
            try await first.stop()
            let store = test.directory.appendingPathComponent("podkeeper.db").path
            try await Command.run("/usr/bin/env", ["python3", "-c", Self.longEvent, store])
            let second = try await test.start()
            try await second.client { client in
                let notifications = client.notifications()
                _ = try await client.call(EventsSubscribe.self, .init(after: 0))
                var events: [SessionEvent] = []
                for await notification in notifications where notification.method == EventNotification.name {
                    events.append(try notification.decode(EventNotification.self).event)
                    if events.count == 2 { break }
                }
                #expect(events.map(\.kind) == [.overflow, .ready])
                #expect(events.map(\.sequence) == [1, 2])
                #expect(events.first?.detail?.contains("65536 bytes; list the sessions again") == true)
            }
            #expect(await second.hasLogged("an event cannot be sent to a subscriber"))
            try await second.stop()
        }
    }

    /// What a user who is no operator is told. Run under a uid of its own, because the kernel says whose the socket is.
    private static let stranger = #"""
        import json, os, socket, sys
        os.setgid(65534)
        os.setuid(65534)
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(sys.argv[1])
        # Not one file for both ways: a write would drop what was read ahead.
        lines = connection.makefile("rb")
        events = []
        def call(method, **params):
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            connection.sendall(json.dumps(request).encode() + b"\n")
            while "id" not in (answer := json.loads(lines.readline())):
                events.append(answer["params"])
            return answer.get("result") or answer["error"]["data"]["kind"]
        call("events.subscribe", after=0)
        opened = call("session.get_or_create", session_id="theirs", wait=False)
        print(opened["state"], opened["message"])
        print(call("session.get", session_id="mine"), call("session.explain", session_id="mine"),
              call("session.update", session_id="mine", labels={}), call("events.list", session_id="mine"),
              call("events.subscribe", session_id="mine"), call("session.cleanup_idle"))
        print(len(call("session.history")["sessions"]), call("session.release", session_id="theirs")["released"])
        while len(events) < 2:
            events.append(json.loads(lines.readline())["params"])
        print([(event["session_id"], event["type"]) for event in events])
        print([event["session_id"] for event in call("events.list")["events"]])
        """#

    @Test(
        "an agent is told of its own sessions alone, and owners take turns in the queue", .timeLimit(.minutes(2)),
        .enabled(if: geteuid() == 0, "becomes another user"))
    func anAgentSeesItsOwn() async throws {
        try await TestDaemon.run(.local, sessions: "{max_sessions: 1, at_limit: queue}") { test in
            test.extra.set(#"access: {socket_mode: "0666"}"#)
            let daemon = try await test.start()
            try await daemon.client { client in
                _ = try await client.open("ended")
                _ = try await client.call(SessionRelease.self, .init(sessionID: "ended"))
                _ = try await client.open("mine")
                for number in 1...3 {
                    _ = try await client.call(
                        SessionGetOrCreate.self, .init(sessionID: "greedy-\(number)", wait: false))
                }
                let output = try await Command.run(
                    "/usr/bin/env", ["python3", "-c", Self.stranger, daemon.socket], environment: [:])
                #expect(
                    output == """
                        queued queued for room, at position 2 of 4
                        permission_denied permission_denied permission_denied permission_denied permission_denied permission_denied
                        0 True
                        [('theirs', 'queued'), ('theirs', 'ended')]
                        ['theirs', 'theirs']

                        """)
                for number in 1...3 {
                    _ = try await client.call(SessionRelease.self, .init(sessionID: "greedy-\(number)"))
                }
            }
            try await daemon.stop()
        }
    }

    @Test("a subscription is its connection's own, and its end ends it", .timeLimit(.minutes(2)))
    func aSubscriptionIsItsConnectionsOwn() async throws {
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                let notifications = client.notifications()
                let own = try await client.call(EventsSubscribe.self, .init())
                let ending = try await client.call(EventsSubscribe.self, .init())
                try await daemon.client { other in
                    // Nobody else's to end.
                    let foreign = try await other.call(
                        EventsUnsubscribe.self, .init(subscriptionID: own.subscriptionID))
                    #expect(!foreign.unsubscribed)
                }
                for isThere in [true, false] {
                    let ended = try await client.call(
                        EventsUnsubscribe.self, .init(subscriptionID: ending.subscriptionID))
                    #expect(ended.unsubscribed == isThere)
                }
                _ = try await client.open("one")
                var told: [EventNotification] = []
                for await notification in notifications where notification.method == EventNotification.name {
                    told.append(try notification.decode(EventNotification.self))
                    if told.count == 2 { break }
                }
                #expect(told.map(\.event.kind) == [.starting, .ready])
                #expect(told.allSatisfy { $0.subscriptionID == own.subscriptionID })
                // No connection takes them all.
                await #expect {
                    for _ in 1...20 { _ = try await client.call(EventsSubscribe.self, .init()) }
                } throws: { ($0 as? RPCError)?.code == -32012 }
            }
            try await daemon.stop()
        }
    }

    @Test("a warm sandbox is no session before it is claimed", .timeLimit(.minutes(2)))
    func aClaimIsTold() async throws {
        try await TestDaemon.run(.local, pool: "{size: 1}") { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                while try await client.call(PoolStatus.self, .init()).pools.first?.ready != 1 {
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(try await client.call(EventsList.self, .init()).events.isEmpty)
                _ = try await client.open("warm", profile: "warm")
                _ = try await client.call(SessionRelease.self, .init(sessionID: "warm"))
                let events = try await client.call(EventsList.self, .init()).events
                #expect(events.map(\.kind) == [.ready, .stopping, .ended])
                #expect(events.allSatisfy { $0.sessionID == "warm" })
            }
            try await daemon.stop()
        }
    }
}
