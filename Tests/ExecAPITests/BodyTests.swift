import Foundation
import Testing

@testable import ExecAPI

@Suite("Bodies") struct BodyTests {
    private func object(_ value: some Encodable) throws -> [String: Any] {
        let data = try JSONEncoder().encode(value)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test("of a run have the documented names, and leave out what is not set")
    func runNames() throws {
        let full = RunBody(
            argv: ["a"], runID: "r", environment: ["A": "b"], workingDirectory: Base64Bytes([47]),
            stdin: Base64Bytes([0, 255]), timeout: 1.5, outputLimit: 9, mergesStderr: true)
        #expect(
            Set(try object(full).keys)
                == ["argv", "run_id", "env", "cwd_b64", "stdin_b64", "timeout", "output_limit", "merge_stderr"])
        #expect(try object(full)["stdin_b64"] as? String == "AP8=")
        #expect(Set(try object(RunBody(argv: ["a"], runID: "r")).keys) == ["argv", "run_id"])
    }

    @Test("survive the way there and back", arguments: [[], [0], [0xFF, 0xFE, 0x00], Array(0...255)] as [[UInt8]])
    func base64(_ bytes: [UInt8]) throws {
        let data = try JSONEncoder().encode([Base64Bytes(bytes)])
        #expect(try JSONDecoder().decode([Base64Bytes].self, from: data) == [Base64Bytes(bytes)])
    }

    @Test("that are no base64 are errors", arguments: ["*", "QQ", "Q\u{e9}=="])
    func badBase64(_ text: String) throws {
        let data = try JSONEncoder().encode([text])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Base64Bytes].self, from: data) }
    }

    @Test("of an error of an unknown kind can be read")
    func unknownErrorKind() throws {
        let text = #"{"error":{"kind":"brand_new","message":"m","more":1}}"#
        let body = try JSONDecoder().decode(ExecErrorBody.self, from: Data(text.utf8))
        #expect(body.error.kind == ExecErrorKind(rawValue: "brand_new"))
        #expect(body.error.kind != .internal)
        #expect(body.error.message == "m")
    }

    @Test("of an outcome of an unknown kind are refused, not taken for another")
    func unknownOutcome() {
        let text = #"{"kind":"vanished","stdout_bytes":0,"stderr_bytes":0,"duration":1}"#
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(RunOutcomeBody.self, from: Data(text.utf8))
        }
    }

    @Test("Every route has one path of its own")
    func routes() {
        #expect(Set(ExecRoute.allCases.map(\.rawValue)).count == ExecRoute.allCases.count)
        #expect(ExecRoute.allCases.filter { $0.method == "GET" } == [.health, .runs, .info, .usage])
    }
}
