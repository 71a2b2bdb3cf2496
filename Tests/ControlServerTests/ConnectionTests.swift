import ControlServer
import Foundation
import JSONRPC
import Testing

@Suite struct ConnectionTests {
    @Test func cancelsTheCallsOfAClientThatLeaves() async throws {
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, _ in
            do {
                let socket = try TestSocket(path)
                try await socket.request(1, Wait.name, "{\"gate\":\"a\"}")
                try await socket.send(
                    "[{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"test.wait\",\"params\":{\"gate\":\"b\"}},"
                        + "{\"jsonrpc\":\"2.0\",\"method\":\"test.wait\",\"params\":{\"gate\":\"c\"}}]\n")
                for gate in ["a", "b", "c"] { await handlers.wait(for: .started(gate)) }
            }
            for gate in ["a", "b", "c"] { await handlers.wait(for: .cancelled(gate)) }
            let next = try TestSocket(path)
            try await next.request(1, Echo.name, "{\"text\":\"a\"}")
            #expect(try await next.line()?["id"] == 1)
        }
    }

    @Test func answersAClientThatEndsOnlyItsSending() async throws {
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, _ in
            let socket = try TestSocket(path)
            try await socket.request(1, Wait.name, "{\"gate\":\"a\"}")
            try await socket.request(2, Echo.name, "{\"text\":\"b\"}")
            socket.endSending()
            #expect(try await socket.line()?["id"] == 2)
            await handlers.wait(for: .started("a"))
            handlers.open("a")
            #expect(try await socket.line()?["result"] == [:])
            #expect(try await socket.line() == nil)
            let idle = try TestSocket(path)
            idle.endSending()
            #expect(try await idle.line() == nil)
        }
    }

    // In a process of its own: other tests open descriptors at the same time.
    @Test func holdsAThousandIdleConnections() async {
        await #expect(processExitsWith: .success) {
            // The first server makes what lasts for the process's life, such as the tests' dispatch queues.
            try await withServer { path, _ in
                let socket = try TestSocket(path)
                try await socket.request(1, Echo.name, "{\"text\":\"a\"}")
                #expect(try await socket.line()?["id"] == 1)
            }
            let before = try openDescriptors()
            try await withServer { path, _ in
                let idle = try (0..<1000).map { _ in try TestSocket(path) }
                let socket = try TestSocket(path)
                for number in 0..<100 {
                    try await socket.request(number, Echo.name, "{\"text\":\"a\"}")
                    #expect(try await socket.line()?["id"] == .integer(Int64(number)))
                }
                try await idle[999].request(1, Echo.name, "{\"text\":\"last\"}")
                #expect(try await idle[999].line()?["result"]?["text"] == "last")
                #expect(try openDescriptors() > before + 2000)
            }
            #expect(try openDescriptors() == before)
        }
    }

    // In a process of its own: it takes away what every other test needs.
    @Test func outlivesALackOfDescriptors() async {
        await #expect(processExitsWith: .success) {
            let log = TestLog()
            try await withServer(log: log) { path, _ in
                let first = try TestSocket(path)
                try await first.request(1, Echo.name, "{\"text\":\"a\"}")
                #expect(try await first.line()?["id"] == 1)
                var limit = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                let original = limit
                // No descriptor more from here on: the client's own socket is there already, the server's accept finds none.
                let starved = try TestSocket(
                    path,
                    beforeConnecting: {
                        limit.rlim_cur = 0
                        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                    })
                try await starved.request(3, Echo.name, "{\"text\":\"c\"}")
                for number in 0..<50 {
                    try await first.request(number, Echo.name, "{\"text\":\"a\"}")
                    #expect(try await first.line()?["id"] == .integer(Int64(number)))
                }
                limit = original
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                #expect(try await starved.line()?["id"] == 3)
            }
            // However often it was tried in vain.
            #expect(log.messages.count { $0.contains("cannot accept connections") } == 1)
        }
    }
}
