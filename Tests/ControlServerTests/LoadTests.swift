import ControlServer
import Foundation
import JSONRPC
import Testing

@Suite struct LoadTests {
    @Test func refusesMoreCallsThanAConnectionMayHave() async throws {
        var limits = ControlServerLimits()
        limits.maximumCallsPerConnection = 2
        let handlers = TestHandlers()
        try await withServer(limits: limits, handlers: handlers) { path, _ in
            let socket = try TestSocket(path)
            try await socket.request(1, Wait.name, "{\"gate\":\"a\"}")
            try await socket.request(2, Wait.name, "{\"gate\":\"a\"}")
            try await socket.request(3, Echo.name, "{\"text\":\"b\"}")
            let refusal = try await socket.line()
            #expect(refusal?["id"] == 3)
            #expect(refusal?["error"]?["code"] == -32012)
            #expect(refusal?["error"]?["data"] == ["kind": "overloaded", "retryable": true, "retry_after": 1])
            let other = try TestSocket(path)
            try await other.request(1, Echo.name, "{\"text\":\"c\"}")
            #expect(try await other.line()?["result"]?["text"] == "c")
            // Cancelling still gets through, and makes room.
            try await socket.send("{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":1}}\n")
            #expect(try await socket.line()?["id"] == 1)
            handlers.open("a")
            #expect(try await socket.line()?["id"] == 2)
        }
    }

    @Test func refusesMoreCallsThanTheServerMayHave() async throws {
        var limits = ControlServerLimits()
        limits.maximumCalls = 2
        let handlers = TestHandlers()
        try await withServer(limits: limits, handlers: handlers) { path, _ in
            let sockets = try (0..<3).map { _ in try TestSocket(path) }
            try await sockets[0].request(1, Wait.name, "{\"gate\":\"a\"}")
            try await sockets[1].request(1, Wait.name, "{\"gate\":\"a\"}")
            await handlers.wait(for: .started("a"), count: 2)
            try await sockets[2].request(1, Wait.name, "{\"gate\":\"a\"}")
            #expect(try await sockets[2].line()?["error"]?["code"] == -32012)
            handlers.open("a")
            #expect(try await sockets[0].line()?["result"] == [:])
        }
    }

    @Test func boundsWhatAllClientsSendTogether() async throws {
        var limits = ControlServerLimits()
        limits.maximumInboundBytes = 200_000
        try await withServer(limits: limits) { path, _ in
            let hoarder = try TestSocket(path)
            try await hoarder.send(String(repeating: " ", count: 150_000))
            let other = try TestSocket(path)
            try await other.send(String(repeating: " ", count: 150_000))
            // One of the two is told; which one depends on whose bytes were read last.
            let text = String(repeating: "x", count: 180_000)
            try await hoarder.send("\n")
            try await other.send("\n")
            try await other.request(1, Echo.name, "{\"text\":\"\(text)\"}")
            try await hoarder.request(1, Echo.name, "{\"text\":\"a\"}")
            var refusals = 0
            for socket in [hoarder, other] {
                while let line = try await socket.line(), line["id"] == .null {
                    #expect(line["error"]?["data"]?["kind"] == "overloaded")
                    refusals += 1
                }
            }
            #expect(refusals >= 1)
        }
    }

    @Test func refusesMoreConnectionsThanItServes() async throws {
        var limits = ControlServerLimits()
        limits.maximumConnections = 1
        try await withServer(limits: limits) { path, _ in
            let first = try TestSocket(path)
            try await first.request(1, Echo.name, "{\"text\":\"a\"}")
            #expect(try await first.line()?["id"] == 1)
            let second = try TestSocket(path)
            #expect(try await second.line()?["error"]?["code"] == -32012)
            #expect(try await second.line() == nil)
            try await first.request(2, Echo.name, "{\"text\":\"b\"}")
            #expect(try await first.line()?["id"] == 2)
        }
    }

    @Test func refusesMoreConnectionsThanAUserMayHave() async throws {
        var limits = ControlServerLimits()
        limits.maximumConnectionsPerUser = 1
        try await withServer(limits: limits) { path, _ in
            do {
                let first = try TestSocket(path)
                try await first.request(1, Echo.name, "{\"text\":\"a\"}")
                #expect(try await first.line()?["id"] == 1)
                let second = try TestSocket(path)
                let answer = try await second.line()
                #expect(answer?["error"]?["code"] == -32012)
                #expect(answer?["error"]?["message"]?.stringValue?.contains("user \(getuid())") == true)
                #expect(try await second.line() == nil)
                first.endSending()
                #expect(try await first.line() == nil)
            }
            // The one that has gone is counted no more.
            let third = try TestSocket(path)
            try await third.request(1, Echo.name, "{\"text\":\"b\"}")
            #expect(try await third.line()?["id"] == 1)
        }
    }

    @Test func makesTheProducerWaitForASlowReader() async throws {
        var limits = ControlServerLimits()
        limits.outboundHighWater = 100_000
        limits.outboundLowWater = 50_000
        let handlers = TestHandlers()
        try await withServer(limits: limits, handlers: handlers) { path, _ in
            let slow = try TestSocket(path, receiveBuffer: 4096)
            try await slow.request(1, Flood.name, "{\"count\":10000,\"bytes\":1000}")
            // 10 MB cannot be on their way when the queue may hold 0.1 MB and the socket some more.
            await handlers.wait(for: .flooded(50))
            let quick = try TestSocket(path)
            for number in 0..<20 {
                try await quick.request(number, Echo.name, "{\"text\":\"a\"}")
                #expect(try await quick.line()?["id"] == .integer(Int64(number)))
            }
            #expect(handlers.count(of: .flooded(5000)) == 0)
            var notifications = 0
            while let line = try await slow.line(), line["method"] == "test.data" { notifications += 1 }
            #expect(notifications == 10_000)
        }
    }

    @Test func stopsReadingFromWhoDoesNotRead() async throws {
        var limits = ControlServerLimits()
        limits.outboundHighWater = 20_000
        limits.outboundLowWater = 10_000
        let handlers = TestHandlers()
        try await withServer(limits: limits, handlers: handlers) { path, _ in
            let slow = try TestSocket(path, receiveBuffer: 4096)
            try await slow.request(1, Flood.name, "{\"count\":1000,\"bytes\":1000}")
            await handlers.wait(for: .flooded(20))
            // Behind the flood: read only once the queue has room again, and answered then.
            for number in 2..<200 { try await slow.request(number, Echo.name, "{\"text\":\"a\"}") }
            #expect(try await slow.responses(199).count == 199)
        }
    }

    @Test func letsGoOfAProducerWhoseReaderLeaves() async throws {
        var limits = ControlServerLimits()
        limits.outboundHighWater = 10_000
        limits.outboundLowWater = 5000
        let handlers = TestHandlers()
        try await withServer(limits: limits, handlers: handlers) { path, _ in
            do {
                let slow = try TestSocket(path, receiveBuffer: 4096)
                try await slow.request(1, Flood.name, "{\"count\":100000,\"bytes\":1000}")
                try await slow.request(2, Wait.name, "{\"gate\":\"a\"}")
                await handlers.wait(for: .started("a"))
                await handlers.wait(for: .flooded(5))
            }
            // The socket is closed now. The server ends only when the flooding call does.
            await handlers.wait(for: .cancelled("a"))
        }
        #expect(handlers.count(of: .flooded(99_999)) == 0)
    }
}
