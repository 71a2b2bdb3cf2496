import CPodkeeper
import ControlClient
import ControlServer
import Foundation
import JSONRPC
import Testing

@Suite struct CallTests {
    @Test func makesManyCallsAtOnce() async throws {
        try await withServer { path, _ in
            let client = try await ControlClient.connect(path: path)
            try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for number in 0..<200 {
                    group.addTask { (number, try await client.call(Echo.self, .init(text: "n\(number)")).text) }
                }
                for try await (number, text) in group { #expect(text == "n\(number)") }
            }
            await client.close()
        }
    }

    @Test func givesTheDaemonsErrors() async throws {
        try await withServer { path, _ in
            let client = try await ControlClient.connect(path: path)
            await #expect(throws: RPCError.invalidParams("text must not be empty")) {
                try await client.call(Echo.self, .init(text: ""))
            }
            #expect(try await client.call(Echo.self, .init(text: "a")).text == "a")
            await client.close()
        }
    }

    @Test func carriesLargeMessages() async throws {
        try await withServer { path, _ in
            let client = try await ControlClient.connect(path: path)
            let text = String(repeating: "ä", count: 2_000_000)
            #expect(try await client.call(Echo.self, .init(text: text)).text == text)
            let tooLong = String(repeating: "x", count: 17_000_000)
            let error = await #expect(throws: ControlClientError.self) {
                try await client.call(Echo.self, .init(text: tooLong))
            }
            #expect(error?.code == .tooLarge)
            await client.close()
        }
    }

    @Test func cancelsTheCallOfACancelledTask() async throws {
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, _ in
            let client = try await ControlClient.connect(path: path)
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await client.call(Hang.self, NoParams()) }
                #expect(await handlers.next() == .hanging)
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
            }
            #expect(await handlers.next() == .cancelled)
            #expect(try await client.call(Echo.self, .init(text: "a")).text == "a")
            await client.close()
        }
    }

    @Test func cancelsACallWhoseTimeIsOver() async throws {
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, _ in
            let client = try await ControlClient.connect(path: path)
            let error = await #expect(throws: ControlClientError.self) {
                try await client.call(Hang.self, NoParams(), timeout: .milliseconds(100))
            }
            #expect(error?.code == .timedOut)
            #expect(await handlers.next() == .hanging)
            #expect(await handlers.next() == .cancelled)
            await client.close()
        }
    }

    @Test func cancelsItsCallsWhenItIsClosed() async throws {
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, _ in
            let client = try await ControlClient.connect(path: path)
            async let call = client.call(Hang.self, NoParams())
            #expect(await handlers.next() == .hanging)
            await client.close()
            do {
                _ = try await call
                Issue.record("the call was answered")
            } catch let error as ControlClientError {
                #expect(error.code == .closed)
            }
            #expect(await handlers.next() == .cancelled)
            await #expect(throws: ControlClientError.self) { try await client.call(Echo.self, .init(text: "a")) }
        }
    }

    @Test func refusesMoreCallsThanItMayHave() async throws {
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, _ in
            var limits = ControlClientLimits()
            limits.maximumCalls = 1
            let client = try await ControlClient.connect(path: path, limits: limits)
            async let hanging = client.call(Hang.self, NoParams())
            #expect(await handlers.next() == .hanging)
            let error = await #expect(throws: ControlClientError.self) {
                try await client.call(Echo.self, .init(text: "a"))
            }
            #expect(error?.code == .overloaded)
            await client.close()
            do {
                _ = try await hanging
                Issue.record("the call was answered")
            } catch let error as ControlClientError {
                #expect(error.code == .closed)
            }
        }
    }

    @Test func failsItsCallsWhenTheConnectionIsLost() async throws {
        for words in ["", "{\"jsonrpc\":\"2.0\",\"id\":1,\"res"] {
            try await withScript(words) { path in
                let client = try await ControlClient.connect(path: path)
                let error = await #expect(throws: ControlClientError.self) {
                    try await client.call(Echo.self, .init(text: "a"))
                }
                #expect(error?.code == .connectionLost)
                #expect(error?.hint == "a call that was under way may have been carried out")
                let later = await #expect(throws: ControlClientError.self) {
                    try await client.call(Echo.self, .init(text: "a"))
                }
                #expect(later?.code == .connectionLost)
            }
        }
    }

    @Test func saysWhyTheDaemonTookNoConnection() async throws {
        var limits = ControlServerLimits()
        limits.maximumConnections = 1
        try await withServer(limits: limits) { path, _ in
            let first = try await ControlClient.connect(path: path)
            #expect(try await first.call(Echo.self, .init(text: "a")).text == "a")
            let second = try await ControlClient.connect(path: path)
            let error = await #expect(throws: ControlClientError.self) {
                try await second.call(Echo.self, .init(text: "a"))
            }
            #expect(error?.code == .connectionLost)
            #expect(
                error?.message
                    == "podkeeperd closed the connection: the daemon has 1 connections, as many as it serves")
            await first.close()
        }
    }

    @Test func refusesWhatIsNoAnswer() async throws {
        let answers = [
            "HTTP/1.1 400 Bad Request\r\n\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"text\":5}}\n",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"error\":{\"code\":1,\"message\":\"\"}}\n",
        ]
        for words in answers {
            try await withScript(words) { path in
                let client = try await ControlClient.connect(path: path)
                let error = await #expect(throws: ControlClientError.self) {
                    try await client.call(Echo.self, .init(text: "a"))
                }
                #expect(error?.code == .badAnswer, "\(words)")
                await client.close()
            }
        }
    }

    @Test func ignoresMembersThatItDoesNotKnow() async throws {
        try await withScript("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"text\":\"a\",\"new\":[]},\"x\":1}\n") {
            path in
            let client = try await ControlClient.connect(path: path)
            #expect(try await client.call(Echo.self, .init(text: "a")).text == "a")
            await client.close()
        }
    }
}
