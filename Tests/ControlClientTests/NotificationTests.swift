import ControlClient
import JSONRPC
import Synchronization
import Testing

@Suite struct NotificationTests {
    @Test func givesThemInOrderHoweverSlowlyTheyAreTaken() async throws {
        try await withServer { path, _ in
            var limits = ControlClientLimits()
            limits.maximumNotificationBytes = 10_000
            let client = try await ControlClient.connect(path: path, limits: limits)
            let notifications = client.notifications()
            async let call = client.call(Flood.self, .init(count: 3000))
            var next = 0
            for await notification in notifications {
                #expect(notification.method == "test.drop")
                #expect(try notification.decode(Drop.self).number == next)
                next += 1
                if next == 3000 { break }
            }
            #expect(try await call == EmptyResult())
            await client.close()
        }
    }

    @Test func givesThoseBeforeTheAnswer() async throws {
        let drop = #"{"jsonrpc":"2.0","method":"test.drop","params":{"number":0,"text":""}}"# + "\n"
        let answers = [
            (#""result":{"a":1}}"#, nil), (#""error":{"code":-32000,"message":"no"}}"#, -32000),
        ]
        for (answer, code) in answers {
            // What comes after the answer is none of it, even in the same packet. The call's id is one of the two.
            let both = [1, 2].map { #"{"jsonrpc":"2.0","id":\#($0),"# + answer + "\n" }.joined()
            let script = String(repeating: drop, count: 100) + both + String(repeating: drop, count: 100)
            try await withScript(script) { path in
                var limits = ControlClientLimits()
                limits.maximumNotificationBytes = 100
                let client = try await ControlClient.connect(path: path, limits: limits)
                let lines = Mutex<[[UInt8]]>([])
                do {
                    let result = try await client.call(method: "x", params: [:]) { notification in
                        lines.withLock { $0.append(notification.line) }
                    }
                    #expect(code == nil)
                    #expect(result == ["a": 1])
                } catch let error as RPCError {
                    #expect(error.code == code)
                }
                #expect(lines.withLock { $0 } == Array(repeating: Array(drop.utf8), count: 100))
                await client.close()
            }
        }
    }

    @Test func aCallEndsWithWhatTakesItsNotifications() async throws {
        struct Enough: Error {}
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, _ in
            let client = try await ControlClient.connect(path: path)
            await #expect(throws: Enough.self) {
                try await client.call(method: Flood.name, params: ["count": 3_000_000]) { _ in throw Enough() }
            }
            await client.close()
        }
    }

    @Test func dropsThemWhenNobodyAsked() async throws {
        try await withServer { path, _ in
            var limits = ControlClientLimits()
            limits.maximumNotificationBytes = 10_000
            let client = try await ControlClient.connect(path: path, limits: limits)
            #expect(try await client.call(Flood.self, .init(count: 100)) == EmptyResult())
            var notifications = client.notifications().makeAsyncIterator()
            #expect(try await client.call(Flood.self, .init(count: 1)) == EmptyResult())
            #expect(try await notifications.next()?.decode(Drop.self).number == 0)
            await client.close()
        }
    }

    @Test func endsWithTheConnectionAfterWhatCameBefore() async throws {
        let drop = "{\"jsonrpc\":\"2.0\",\"method\":\"test.drop\",\"params\":{\"number\":0,\"text\":\"\"}}\n"
        try await withScript(String(repeating: drop, count: 100)) { path in
            var limits = ControlClientLimits()
            limits.maximumNotificationBytes = 100
            let client = try await ControlClient.connect(path: path, limits: limits)
            let notifications = client.notifications()
            async let call = client.call(Echo.self, .init(text: "a"))
            var count = 0
            for await _ in notifications { count += 1 }
            #expect(count == 100)
            do {
                _ = try await call
                Issue.record("the call was answered")
            } catch let error as ControlClientError {
                #expect(error.code == .connectionLost)
            }
            await client.close()
        }
    }

    @Test func letsGoOfACancelledConsumer() async throws {
        try await withServer { path, _ in
            let client = try await ControlClient.connect(path: path)
            let notifications = client.notifications()
            await withTaskGroup(of: Int.self) { group in
                group.addTask {
                    var count = 0
                    for await _ in notifications { count += 1 }
                    return count
                }
                group.cancelAll()
                #expect(await group.next() == 0)
            }
            await client.close()
        }
    }
}
