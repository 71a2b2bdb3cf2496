import ControlServer
import Foundation
import JSONRPC
import Testing

/// What a peer sends who means harm: each costs bounded memory, gets an error that says why, and leaves the connection
/// usable.
@Suite struct HostileTests {
    private func code(_ answer: JSONValue?) -> JSONValue? { answer?["error"]?["code"] }

    @Test(arguments: [
        "1e999", "-1e999", "123456789012345678901234567890", "9223372036854775808", "true", "[1]", "{}",
        "\"\\ud800\"", "\"\\ud800\\ud800\"", "\"\\udc00\\ud800\"",
    ])
    func idsThatAreNone(_ id: String) async throws {
        try await withServer { path, _ in
            let socket = try TestSocket(path)
            try await socket.send("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"test.echo\"}\n")
            let answer = try await socket.line()
            #expect(code(answer) == -32600)
            #expect(answer?["id"] == .null)
            try await expectStillServes(socket)
        }
    }

    @Test(arguments: [
        "{\"bytes\":1e999}", "{\"bytes\":123456789012345678901234567890}", "{\"bytes\":1.5}",
        "{\"bytes\":1,\"bytes\":1}", "{\"bytes\":1,\"\\u0062ytes\":1}", "{\"bytes\":\"\\ud800\"}",
        "{\"bytes\":\"\\ud800\\ud800\"}", "[1]",
        "{\"bytes\":null}",
    ])
    func paramsThatAreNone(_ params: String) async throws {
        try await withServer { path, _ in
            let socket = try TestSocket(path)
            try await socket.request(1, Big.name, params)
            let answer = try await socket.line()
            #expect(code(answer) == -32602)
            #expect(answer?["id"] == 1)
            try await expectStillServes(socket)
        }
    }

    @Test func membersThatComeTwice() async throws {
        try await withServer { path, _ in
            let socket = try TestSocket(path)
            for twice in ["\"id\":2", "\"method\":\"test.echo\"", "\"params\":{}", "\"jsonrpc\":\"2.0\""] {
                try await socket.send(
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.echo\",\"params\":{\"text\":\"a\"},\(twice)}\n")
                #expect(code(try await socket.line()) == -32600)
            }
            try await expectStillServes(socket)
        }
    }

    @Test func oneByteMoreThanTheLimit() async throws {
        var limits = ControlServerLimits()
        limits.maximumMessageBytes = 4096
        try await withServer(limits: limits) { path, _ in
            let socket = try TestSocket(path)
            let frame = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.none\",\"params\":{\"text\":\"\"}}"
            for (length, expected) in [(4096, -32601), (4097, -32011)] as [(Int, JSONValue)] {
                let padding = String(repeating: "x", count: length - frame.utf8.count)
                let line = frame.replacing("\"\"", with: "\"\(padding)\"")
                #expect(line.utf8.count == length)
                try await socket.send(line + "\n")
                let answer = try await socket.line()
                #expect(code(answer) == expected)
                #expect(answer?["id"] == 1)
            }
            try await expectStillServes(socket)
        }
    }

    // In a process of its own: the others' memory would be counted too.
    @Test func messagesOfVeryManyPartsTakeNoMoreMemoryThanTheirBytes() async {
        await #expect(processExitsWith: .success) {
            @Sendable func residentBytes() throws -> Int {
                let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
                return try #require(Int(fields[1])) * 4096
            }
            try await withServer { path, _ in
                let socket = try TestSocket(path)
                try await expectStillServes(socket)
                let many = 100_000
                let batch = "[" + String(repeating: "1,", count: 8 * many - 1) + "1]\n"
                let members = "{" + String(repeating: "\"\":1,", count: 3 * many) + "\"id\":1}\n"
                let elements = String(repeating: "1,", count: 8 * many - 100) + "1"
                let params =
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.echo\",\"params\":{\"text\":[\(elements)]}}\n"
                let unknown =
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.echo\",\"params\":\(members.dropLast())}\n"
                for (line, expected) in [
                    (batch, -32600), (members, -32600), (params, -32602), (unknown, -32602),
                ] as [(String, JSONValue)] {
                    let before = try residentBytes()
                    try await socket.send(line)
                    let answer = try await socket.line()
                    #expect(answer?["error"]?["code"] == expected)
                    // A line of 1.6 MB, and as much again while its buffer grows; with something kept of each part it
                    // would be ten times that.
                    #expect(try residentBytes() - before < 10 * 1024 * 1024)
                }
            }
        }
    }
}

private func expectStillServes(_ socket: TestSocket) async throws {
    try await socket.request(77, Echo.name, "{\"text\":\"on\"}")
    #expect(try await socket.line()?["result"]?["text"] == "on")
}
