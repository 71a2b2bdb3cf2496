import ControlClient
import JSONRPC
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
