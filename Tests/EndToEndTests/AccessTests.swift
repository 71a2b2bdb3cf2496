import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// What another user of the host may do, as the kernel tells who that is. `rpc.discover` lists the methods, so that a
/// new one is tested too.
@Suite
struct AccessTests {
    /// A user that nobody is.
    private static let stranger = 61_234

    /// Makes calls as the stranger and gives their answers, in order. The socket is for everybody in these tests.
    private func callAsStranger(_ daemon: RunningDaemon, _ calls: [(method: String, params: JSONValue)]) async throws
        -> [JSONValue]
    {
        let program = """
            import os, socket, sys
            os.setgroups([]); os.setgid(\(Self.stranger)); os.setuid(\(Self.stranger))
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(60)
            connection.connect(sys.argv[1])
            lines = connection.makefile("rb")
            for call in sys.argv[2:]:
                connection.sendall(call.encode() + b"\\n")
                sys.stdout.buffer.write(lines.readline())
            """
        let requests = try calls.map { call in
            let request: JSONValue = [
                "jsonrpc": "2.0", "id": 1, "method": .string(call.method), "params": call.params,
            ]
            return String(decoding: try JSONCoding.encode(request), as: UTF8.self)
        }
        let output = try await Command.run("/usr/bin/env", ["python3", "-c", program, daemon.socket] + requests)
        return try output.split(separator: "\n").map {
            try JSONCoding.decode(JSONValue.self, from: Array($0.utf8)[...])
        }
    }

    private func methods(_ client: ControlClient) async throws -> [JSONValue] {
        let document = try await client.call(RPCDiscover.self, .init())
        return try #require(document["methods"]?.arrayValue)
    }

    /// The params that a method cannot do without, and those of `members`.
    private func params(of method: JSONValue, with members: [String: JSONValue]) throws -> JSONValue {
        let examples = try #require(method["examples"]?.arrayValue?.first?["params"]?.arrayValue)
        let values = Dictionary(uniqueKeysWithValues: examples.map { ($0["name"], $0["value"]) })
        var params: [String: JSONValue] = [:]
        for param in try #require(method["params"]?.arrayValue) {
            let name = try #require(param["name"]?.stringValue)
            if let value = members[name] {
                params[name] = value
            } else if param["required"] == true {
                params[name] = try #require(values[.string(name)] ?? nil)
            }
        }
        return .object(params)
    }

    @Test(.timeLimit(.minutes(2)), .enabled(if: getuid() == 0, "needs root, to call as somebody else"))
    func aForeignSessionIsNobodyElses() async throws {
        try await TestDaemon.run(.local) { test in
            chmod(test.directory.path, 0o755)
            let daemon = try await test.start()
            chmod(test.socket, 0o666)
            let methods = try await daemon.client { client in
                _ = try await client.open("theirs")
                _ = try await TestSession(client: client, id: "theirs").upload("f", [1])
                return try await self.methods(client)
            }
            let named = methods.filter { method in
                method["params"]?.arrayValue?.contains { $0["name"] == "session_id" } == true
            }
            #expect(named.count > 25)
            let forOperators = methods.filter { $0["x-operators-only"] == true }
            #expect(forOperators.contains { $0["name"] == "session.cleanup_idle" })
            let refused = try (named + forOperators).map { method in
                (
                    method: try #require(method["name"]?.stringValue),
                    params: try params(of: method, with: ["session_id": "theirs"])
                )
            }
            for (call, answer) in zip(refused, try await callAsStranger(daemon, refused)) {
                #expect(answer["error"]?["data"]?["kind"] == "permission_denied", "\(call.method): \(answer)")
            }
            let allowed = try await callAsStranger(
                daemon,
                [
                    ("session.get_or_create", ["session_id": "mine", "labels": ["secret": "label"]]),
                    ("sandbox.execute", ["session_id": "mine", "command": "echo secret-output"]),
                    ("session.list", [:]), ("session.get", ["session_id": "none"]),
                    ("session.release", ["session_id": "mine"]),
                ])
            #expect(allowed[0]["result"]?["owner"]?["uid"] == .integer(Int64(Self.stranger)))
            #expect(allowed[1]["result"]?["output"] == "secret-output\n")
            #expect(allowed[2]["result"]?["total"] == 1)
            #expect(allowed[3]["error"]?["data"]?["kind"] == "session_not_found")
            #expect(allowed[4]["result"]?["released"] == true)
            try await daemon.stop()
            try checkAuditLog(daemon.logText)
        }
    }

    private func checkAuditLog(_ log: String) throws {
        let audit = log.split(separator: "\n").filter { $0.contains("audit") }
        func find(_ parts: String...) -> Int { audit.count { line in parts.allSatisfy { line.contains($0) } } }
        let stranger = "uid=\(Self.stranger)"
        #expect(find("refused", stranger, "method=", "session=theirs") > 0)
        #expect(find(stranger, "method=sandbox.execute", "session=mine", "outcome=ok") == 1)
        #expect(find(stranger, "method=session.release", "session=mine", "outcome=ok") == 1)
        #expect(find("uid=0", "method=session.get_or_create", "session=theirs", "outcome=ok") == 1)
        // These name an upload, and the upload its session.
        for method in ["upload", "upload_chunk", "upload_commit"] {
            #expect(find("uid=0", "method=sandbox.\(method) ", "session=theirs", "outcome=ok") == 1, "\(method)")
        }
        #expect(find("secret") == 0)
        // Looking is nobody's business.
        #expect(find("method=session.list") == 0)
    }

    @Test(.timeLimit(.minutes(1)))
    func theReadmeAndTheDocumentNameTheSameMethods() async throws {
        let readme = try String(contentsOf: ReadmeTests.root.appendingPathComponent("README.md"), encoding: .utf8)
        let table = readme.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let documented = Set(
            table.compactMap { $0.split(separator: "|").first }.flatMap { $0.matches(of: /`([a-z]+\.[a-z_]+)`/) }
                .map { String($0.output.1) })
        try await TestDaemon.run(.local) { test in
            let daemon = try await test.start()
            let names = try await daemon.client { try await self.methods($0) }.compactMap { $0["name"]?.stringValue }
            #expect(Set(names) == documented)
            try await daemon.stop()
        }
    }
}
