import ControlAPI
import Foundation
import JSONRPC
import Testing

@Suite
struct ValuesTests {
    private func roundTrip<Value: Codable & Equatable>(_ value: Value) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(value)
        #expect(try JSONDecoder().decode(Value.self, from: data) == value)
        return String(decoding: data, as: UTF8.self)
    }

    private var session: Session {
        Session(
            sessionID: "user-42", state: .ready, profile: "default", backend: "kubernetes", generation: 1,
            sandbox: .init(name: "sandbox-user-42-1f3a9c2b-1", uid: "u", namespace: "agents", mode: "http"),
            workDirectory: "/workspace", owner: .init(uid: 1000, gid: 1000, user: "agents"), labels: ["team": "search"],
            createdAt: Timestamp(Date(timeIntervalSince1970: 0.123)), readyAt: nil,
            lastActivityAt: Timestamp(Date(timeIntervalSince1970: 1)), lastActivity: "sandbox.execute",
            idleSeconds: 12.5, idleTimeout: 3600, maxLifetime: nil, reapAt: nil, leases: 0, message: nil)
    }

    @Test func aSessionShowsItsNulls() throws {
        let text = try roundTrip(session)
        for part in [
            #""session_id":"user-42""#, #""max_lifetime":null"#, #""reap_at":null"#, #""ready_at":null"#,
            #""message":null"#, #""created_at":"1970-01-01T00:00:00.123Z""#, #""work_dir":"/workspace""#,
        ] { #expect(text.contains(part), "\(part) is not in \(text)") }
        #expect(!text.contains(#""pid""#))
    }

    @Test func whatASessionUsesIsWrittenWhole() throws {
        var used = session
        used.usage = SessionUsage(
            cpuSeconds: 1.5, memoryBytes: 1 << 30, memoryLimit: nil, processes: 3, diskBytes: 9,
            at: Timestamp(Date(timeIntervalSince1970: 1)))
        let text = try roundTrip(used)
        for part in [#""memory_bytes":1073741824"#, #""memory_limit":null"#, #""disk_bytes":9"#, #""processes":3"#] {
            #expect(text.contains(part), "\(part) is not in \(text)")
        }
    }

    @Test func anOpenedSessionIsFlat() throws {
        let text = try roundTrip(OpenedSession(session: session, created: true, replaced: nil))
        #expect(text.contains(#""created":true"#))
        #expect(text.contains(#""replaced":null"#))
        #expect(text.contains(#""session_id":"user-42""#))
    }

    @Test func aLiveSessionIsAnsweredAsAnyOther() throws {
        let answer = LiveSessionAnswer(
            constant: LiveSessionAnswer.constant(of: session),
            use: SessionUse(
                lastActivityAt: Timestamp(Date(timeIntervalSince1970: 2)), lastActivity: "sandbox.read",
                idleSeconds: 0.25, reapAt: Timestamp(Date(timeIntervalSince1970: 3)), leases: 7))
        var expected = session
        expected.lastActivityAt = Timestamp(Date(timeIntervalSince1970: 2))
        expected.lastActivity = "sandbox.read"
        expected.idleSeconds = 0.25
        expected.reapAt = Timestamp(Date(timeIntervalSince1970: 3))
        expected.leases = 7
        let members = try JSONCoding.decode(JSONValue.self, from: try JSONCoding.encode(answer)[...])
        let opened = OpenedSession(session: expected, created: false, replaced: nil)
        #expect(try JSONCoding.decode(JSONValue.self, from: try JSONCoding.encode(opened)[...]) == members)
    }

    @Test func namesThatAreNoTextKeepTheirBytes() throws {
        let entry = FileListingResult.Entry(
            name: [0x61, 0xFF], path: [0x2F, 0x61, 0xFF], isDirectory: false, size: nil, isSymlink: false,
            mode: FileMode(bits: 0o644), modifiedAt: Timestamp(Date(timeIntervalSince1970: 0)))
        let text = try roundTrip(entry)
        #expect(text.contains(#""name":"a\#u{FFFD}""#))
        #expect(text.contains(#""name_b64":"Yf8=""#))
        #expect(text.contains(#""size":null"#))
        #expect(text.contains(#""mode":"0644""#))
        #expect(LossyText.join(text: entry.name, base64: entry.nameBase64) == [0x61, 0xFF])
    }

    @Test(arguments: ["\"0644\"", "\"644\"", "420"])
    func modesAreOctalTextOrANumber(_ json: String) throws {
        #expect(try JSONDecoder().decode(FileMode.self, from: Data(json.utf8)) == FileMode(bits: 0o644))
    }

    @Test(arguments: ["\"rw\"", "\"77777\"", "-1", "1.5", "null", "[]"])
    func otherModesAreRefused(_ json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(FileMode.self, from: Data(json.utf8)) }
    }

    @Test(arguments: [(#""rw""#, "'rw'"), ("4096", "4096")])
    func whatIsNoFileModeIsRepeated(_ json: String, _ given: String) {
        let params = #"{"session_id":"s","path":"f","mode":\#(json)}"#
        #expect(
            performing: { try ParamsDecoder.decode(SandboxChangeMode.Params.self, from: Array(params.utf8)[...]) },
            throws: {
                ($0 as? RPCError)?.message
                    == #"'mode': a file mode is an octal string such as "0644", at most "7777"; \#(given) is not"#
            })
    }

    /// Params of a session's id alone have a way of their own: it must not be told from the other.
    @Test(arguments: [
        (#"{"session_id":"user-42"}"#, "user-42"), (#"{ "session_id" : "user-42" }"#, "user-42"),
        (#"{"session_id":""}"#, ""), (#"{"session_id":"ä€😀"}"#, "ä€😀"), (#"{"session_id":"a\u0041\n"}"#, "aA\n"),
        (#"{"session\u005fid":"x"}"#, "x"), (#"{"session_id":"a","profile":null}"#, "a"),
        (#"{"session_id":"a","wait":true}"#, "a"), (#"{"session_id":"\""}"#, "\""),
    ])
    func aSessionIDIsReadInEveryForm(_ text: String, _ id: String) throws {
        let params = try ParamsDecoder.decode(SessionGetOrCreate.Params.self, from: Array(text.utf8)[...])
        #expect(params.sessionID == id)
        #expect(params.subject == id)
    }

    @Test(arguments: [
        #"{"sesion_id":"a"}"#, #"{"session_id":1}"#, #"{"session_id":null}"#, #"{"session_id":["a"]}"#, "{}",
        #"{"session_id":"a","session_id":"b"}"#, #"{"":""}"#, "[]", #"{"session_id":"\ud800"}"#,
    ])
    func whatIsNoSessionIDIsRefused(_ text: String) {
        #expect(throws: RPCError.self) {
            try ParamsDecoder.decode(SessionGetOrCreate.Params.self, from: Array(text.utf8)[...])
        }
    }

    @Test func paramsKnowTheirMembers() {
        #expect(SandboxRun.Params.memberNames.contains("stdin_b64"))
        #expect(SessionGetOrCreate.Params.memberNames.first == "session_id")
        #expect(DaemonStatus.Params.memberNames.isEmpty)
    }
}
