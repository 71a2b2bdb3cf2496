import ControlServer
import Foundation
import JSONRPC
import Testing

@Suite struct CallTests {
    @Test func answersAndKnowsWhoAsks() async throws {
        try await withServer { path, _ in
            let socket = try TestSocket(path)
            try await socket.request(1, Echo.name, "{\"text\":\"a/ä\\u0000\"}")
            let answer = try await socket.line()
            #expect(answer?["jsonrpc"] == "2.0")
            #expect(answer?["id"] == 1)
            #expect(answer?["result"]?["text"] == "a/ä\0")
            #expect(answer?["result"]?["uid"] == .integer(Int64(getuid())))
            #expect(answer?["result"]?["pid"] == .integer(Int64(getpid())))
        }
    }

    @Test func whatIsAtHandIsAnsweredBeforeWhatRuns() async throws {
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, _ in
            let socket = try TestSocket(path)
            try await socket.request(1, Wait.name, "{\"gate\":\"a\"}")
            await handlers.wait(for: .started("a"))
            try await socket.request(2, Echo.name, "{\"text\":\"now\"}")
            #expect(try await socket.line()?["id"] == 2)
            // The id of a call that runs is not free, however quick the answer would be.
            try await socket.request(1, Echo.name, "{\"text\":\"now\"}")
            #expect(try await socket.line()?["error"]?["code"] == -32600)
            try await socket.send(
                "[{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"test.echo\",\"params\":{\"text\":\"now\"}},"
                    + "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"test.echo\",\"params\":{\"text\":\"later\"}}]\n")
            #expect(try await socket.line()?.arrayValue?.count == 2)
            handlers.open("a")
            #expect(try await socket.line()?["id"] == 1)
        }
    }

    /// One read may bring requests for far more than a connection's queue may hold.
    @Test func answersAtHandWaitForRoom() async throws {
        try await withServer { path, _ in
            let socket = try TestSocket(path)
            for number in 0..<100 { try await socket.request(number, Big.name, "{\"bytes\":500000}") }
            #expect(try await socket.responses(100).count == 100)
        }
    }

    @Test func answersARequestThatComesByteByByte() async throws {
        try await withServer { path, _ in
            let socket = try TestSocket(path)
            for byte in Array(
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.echo\",\"params\":{\"text\":\"ä\"}}\r\n".utf8)
            {
                try await socket.send(bytes: [byte])
            }
            #expect(try await socket.line()?["result"]?["text"] == "ä")
        }
    }

    @Test func answersInTheOrderOfCompletion() async throws {
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, _ in
            let socket = try TestSocket(path)
            try await socket.request(1, Wait.name, "{\"gate\":\"a\"}")
            try await socket.request(2, Wait.name, "{\"gate\":\"b\"}")
            await handlers.wait(for: .started("a"))
            await handlers.wait(for: .started("b"))
            handlers.open("b")
            #expect(try await socket.line()?["id"] == 2)
            handlers.open("a")
            #expect(try await socket.line()?["id"] == 1)
        }
    }

    @Test func servesManyClientsAtOnce() async throws {
        try await withServer { path, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<8 {
                    group.addTask {
                        let socket = try TestSocket(path)
                        for number in 0..<50 {
                            try await socket.request(number, Echo.name, "{\"text\":\"\(client).\(number)\"}")
                        }
                        let answers = try await socket.responses(50)
                        for number in 0..<50 {
                            #expect(answers[Int64(number)]?["result"]?["text"] == .string("\(client).\(number)"))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func answersABatchWithOneLine() async throws {
        try await withServer { path, _ in
            let socket = try TestSocket(path)
            try await socket.send(
                "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.echo\",\"params\":{\"text\":\"a\"}},"
                    + "{\"jsonrpc\":\"2.0\",\"method\":\"test.echo\",\"params\":{\"text\":\"b\"}},1,"
                    + "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"none\"},{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":1}]\n"
            )
            let answers = try #require(try await socket.line()?.arrayValue)
            #expect(answers.count == 4)
            #expect(answers.first { $0["id"] == 1 }?["result"]?["text"] == "a")
            #expect(answers.first { $0["id"] == "x" }?["error"]?["code"] == -32601)
            #expect(answers.count { $0["id"] == .null && $0["error"]?["code"] == -32600 } == 2)
            // A batch of notifications gets no answer at all: the next line belongs to the request after it.
            try await socket.send("[{\"jsonrpc\":\"2.0\",\"method\":\"test.echo\",\"params\":{\"text\":\"b\"}}]\n")
            try await socket.request(9, Echo.name, "{\"text\":\"c\"}")
            #expect(try await socket.line()?["id"] == 9)
        }
    }

    @Test func staysUsableAfterHostileInput() async throws {
        var limits = ControlServerLimits()
        limits.maximumMessageBytes = 100_000
        try await withServer(limits: limits) { path, _ in
            let socket = try TestSocket(path)
            let hostile: [(bytes: [UInt8], code: JSONValue)] = [
                (Array("nonsense".utf8), -32700),
                ([0xFF, 0xFE, 0x00], -32700),
                ([0], -32700),
                (Array(String(repeating: "[", count: 90_000).utf8), -32700),
                (Array("[]".utf8), -32600),
                (Array("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"none\"}".utf8), -32601),
                ([UInt8](repeating: 65, count: 300_000), -32011),
            ]
            for (bytes, code) in hostile {
                try await socket.send(bytes: bytes + [0x0A])
                let answer = try #require(try await socket.line())
                #expect(answer["error"]?["code"] == code)
                #expect(answer["id"] == .null)
                #expect(answer["error"]?["data"]?["kind"]?.stringValue != nil)
                #expect(answer["error"]?["data"]?["retryable"] == false)
            }
            try await socket.request(8, Echo.name, "{\"text\":\"\(String(repeating: "x", count: 200_000))\"}")
            let tooLarge = try await socket.line()
            #expect(tooLarge?["id"] == 8)
            #expect(tooLarge?["error"]?["data"] == ["kind": "too_large", "retryable": false, "limit": 100_000])
            try await socket.request(1, Echo.name, "{\"txt\":\"a\"}")
            #expect(
                try await socket.line()?["error"]?["message"]
                    == "params has an unknown member 'txt'; did you mean 'text'?")
            try await socket.request(2, Echo.name, "{\"text\":\"ok\"}")
            #expect(try await socket.line()?["result"]?["text"] == "ok")
        }
    }

    @Test func replacesAResultThatIsTooLong() async throws {
        var limits = ControlServerLimits()
        limits.maximumMessageBytes = 10_000
        try await withServer(limits: limits) { path, _ in
            let socket = try TestSocket(path)
            try await socket.request(1, Big.name, "{\"bytes\":10000}")
            let answer = try await socket.line()
            #expect(answer?["id"] == 1)
            #expect(answer?["error"]?["data"] == ["kind": "too_large", "retryable": false, "limit": 10_000])
        }
    }

    @Test func carriesMessagesOfFullSize() async throws {
        try await withServer { path, _ in
            let socket = try TestSocket(path)
            let text = String(repeating: "y", count: 4_000_000)
            try await socket.request(1, Echo.name, "{\"text\":\"\(text)\"}")
            #expect(try await socket.line()?["result"]?["text"]?.stringValue?.utf8.count == text.utf8.count)
        }
    }

    @Test func cancelsACallByItsID() async throws {
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, _ in
            let socket = try TestSocket(path)
            try await socket.request(1, Wait.name, "{\"gate\":\"a\"}")
            try await socket.request(2, Wait.name, "{\"gate\":\"b\"}")
            await handlers.wait(for: .started("a"))
            await handlers.wait(for: .started("b"))
            try await socket.send("{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":77}}\n")
            try await socket.send("{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":1}}\n")
            let answer = try await socket.line()
            #expect(answer?["id"] == 1)
            #expect(answer?["error"]?["code"] == -32007)
            #expect(answer?["error"]?["data"] == ["kind": "cancelled", "retryable": false])
            #expect(handlers.count(of: .cancelled("b")) == 0)
            handlers.open("b")
            #expect(try await socket.line()?["id"] == 2)
        }
    }

    @Test func refusesAnIDThatIsInUse() async throws {
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, _ in
            let socket = try TestSocket(path)
            try await socket.request(1, Wait.name, "{\"gate\":\"a\"}")
            try await socket.request(1, Echo.name, "{\"text\":\"b\"}")
            #expect(try await socket.line()?["error"]?["code"] == -32600)
            handlers.open("a")
            #expect(try await socket.line()?["result"] == [:])
            try await socket.request(1, Echo.name, "{\"text\":\"c\"}")
            #expect(try await socket.line()?["result"]?["text"] == "c")
        }
    }
}
