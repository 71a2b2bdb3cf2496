import ExecAPI
import Foundation
import Testing

@Suite("The reference's wire") struct ReferenceExecTests {
    private func exec(_ server: Execd, _ command: String, timeout: String = "null") async throws -> [String: Any] {
        let quoted = String(decoding: try JSONEncoder().encode(command), as: UTF8.self)
        let reply = try await server.send("/exec", #"{"command":\#(quoted),"timeout_seconds":\#(timeout)}"#)
        #expect(reply.status == 200)
        return try reply.json()
    }

    @Test("gives merged output in order and the exit code")
    func outcome() async throws {
        try await Execd.with { server async throws in
            let result = try await exec(server, "echo a; echo b >&2; echo c; exit 3", timeout: "0")
            #expect(result["output"] as? String == "a\nb\nc\n")
            #expect(result["exit_code"] as? Int == 3)
            #expect(result["truncated"] as? Bool == false)
            #expect(try await exec(server, "kill -9 $$")["exit_code"] as? Int == 137)
            #expect(try await exec(server, "no-such-thing")["exit_code"] as? Int == 127)
            #expect(try await exec(server, "cat; pwd")["output"] as? String == server.directory + "\n")
        }
    }

    @Test("tells a timeout as 124 with the output so far")
    func timeout() async throws {
        try await Execd.with { server async throws in
            let result = try await exec(server, "echo begun; sleep 1000", timeout: "0.5")
            #expect(result["exit_code"] as? Int == 124)
            #expect(result["output"] as? String == "begun\n")
            #expect(try await server.send("/exec", #"{"command":"true","timeout_seconds":-1}"#).status == 400)
        }
    }

    @Test("cuts output at 100000 bytes, never within a character, and lets the command finish")
    func truncation() async throws {
        try await Execd.with { server async throws in
            let exact = try await exec(server, "head -c 100000 /dev/zero | tr '\\0' x; exit 7")
            #expect((exact["output"] as? String)?.utf8.count == 100_000)
            #expect(exact["truncated"] as? Bool == false)
            let long = try await exec(server, "yes ä | head -c 3000000; exit 7")
            let output = try #require(long["output"] as? String)
            #expect((99_990...100_000).contains(output.utf8.count))
            #expect(!output.contains("\u{FFFD}"))
            #expect(long["truncated"] as? Bool == true)
            #expect(long["exit_code"] as? Int == 7)
            let binary = try await exec(server, "head -c 99999 /dev/zero | tr '\\0' '\\377'")
            #expect((binary["output"] as? String)?.utf8.count == 99_999)
            #expect(binary["truncated"] as? Bool == true)
        }
    }

    @Test("reads and writes files as the reference's client expects")
    func files() async throws {
        try await Execd.with { server async throws in
            let content = Data("one\ntwo\nthree".utf8).base64EncodedString()
            #expect(try await server.send("/write", #"{"path":"d/a.txt","content_b64":"\#(content)"}"#).status == 200)
            let read = try await server.send("/read", #"{"path":"d/a.txt","offset":1,"limit":1}"#)
            #expect(try read.json()["content"] as? String == "two\n")
            for path in ["missing", "d"] {
                #expect(try await server.send("/read", #"{"path":"\#(path)","offset":0,"limit":9}"#).status == 404)
            }
            let rows = try JSONDecoder().decode(
                [ReferenceEntry].self, from: Data(try await server.send("/ls", #"{"path":"d"}"#).body))
            #expect(rows.map(\.name) == ["a.txt"])
            #expect(rows.first?.size == 13)
            let found = try JSONDecoder().decode(
                [ReferenceEntry].self,
                from: Data(try await server.send("/glob", #"{"pattern":"*.txt","path":"/"}"#).body))
            #expect(found.map(\.path) == [server.directory + "/d/a.txt"])
            let edit = try await server.send(
                "/edit", #"{"path":"d/a.txt","old_string":"two","new_string":"2"}"#)
            #expect(try edit.json()["occurrences"] as? Int == 1)
            #expect(try await server.send("/exists", #"{"path":"d/a.txt"}"#).text == #"{"exists":true}"#)
            let bytes = try await server.send("/read_bytes", #"{"path":"d/a.txt"}"#)
            #expect(try bytes.json()["content_b64"] as? String == Data("one\n2\nthree".utf8).base64EncodedString())
            let grep = try await server.send("/grep", #"{"pattern":"^t"}"#)
            #expect((try grep.json()["matches"] as? [Any])?.count == 1)
        }
    }
}
