import ControlServer
import JSONRPC
import Testing

@Suite struct TaskTests {
    @Test func outlivesItsCallButNotItsConnection() async throws {
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, _ in
            do {
                let socket = try TestSocket(path)
                for gate in ["a", "b"] {
                    try await socket.request(1, Begin.name, "{\"gate\":\"\(gate)\"}")
                    #expect(try await socket.line()?["result"] == [:])
                    await handlers.wait(for: .started(gate))
                }
                handlers.open("a")
                await handlers.wait(for: .ended("a"))
                #expect(handlers.count(of: .cancelled("b")) == 0)
            }
            await handlers.wait(for: .cancelled("b"))
        }
    }

    @Test func areBoundedByConnectionAndServer() async throws {
        let handlers = TestHandlers()
        var limits = ControlServerLimits()
        limits.maximumTasksPerConnection = 2
        limits.maximumTasks = 3
        try await withServer(limits: limits, handlers: handlers) { path, _ in
            let first = try TestSocket(path)
            let second = try TestSocket(path)
            for (socket, gate, isTaken) in [
                (first, "a", true), (first, "b", true), (first, "c", false), (second, "d", true), (second, "e", false),
            ] {
                try await socket.request(1, Begin.name, "{\"gate\":\"\(gate)\"}")
                let answer = try await socket.line()
                #expect((answer?["result"] != nil) == isTaken, "\(gate)")
                #expect(isTaken || answer?["error"]?["data"]?["kind"] == "overloaded")
            }
            handlers.open("a")
            await handlers.wait(for: .ended("a"))
        }
    }

    @Test func endWithTheServer() async throws {
        let handlers = TestHandlers()
        try await withServer(handlers: handlers) { path, server in
            let socket = try TestSocket(path)
            try await socket.request(1, Begin.name, "{\"gate\":\"a\"}")
            #expect(try await socket.line()?["result"] == [:])
            server.stop()
            await handlers.wait(for: .cancelled("a"))
        }
    }
}
