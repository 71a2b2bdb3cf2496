import ExecAPI
import Foundation

/// A run's answer, taken apart.
struct RunAnswer {
    var stdout: [UInt8] = []
    var stderr: [UInt8] = []
    /// Nil: unknown.
    var outcome: RunOutcomeBody?

    init(_ reply: TestReply) throws {
        guard reply.status == 200 else { throw TestFailure("status \(reply.status): \(reply.text)") }
        var decoder = RunFrameDecoder()
        decoder.append(reply.body)
        while let frame = try decoder.next() {
            switch frame {
            case .stdout(_, let bytes): stdout += bytes
            case .stderr(_, let bytes): stderr += bytes
            case .outcome(let json): outcome = try JSONDecoder().decode(RunOutcomeBody.self, from: Data(json))
            case .keepAlive: continue
            }
        }
    }

    var out: String { String(decoding: stdout, as: UTF8.self) }
    var err: String { String(decoding: stderr, as: UTF8.self) }
}

extension RunBody {
    static func shell(_ line: String, id: String = UUID().uuidString) -> Self {
        RunBody(argv: ["sh", "-c", line], runID: id)
    }

    var json: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }
}

extension Execd {
    func run(_ body: RunBody) async throws -> RunAnswer {
        try RunAnswer(try await send("/v1/run", try body.json))
    }

    /// Starts a run and reads until `text` has come.
    func start(_ body: RunBody, until text: String) async throws -> (connection: TestConnection, bytes: [UInt8]) {
        let connection = try await open()
        try await connection.write(TestRequest("/v1/run", body: Array(try body.json.utf8), token: Self.token).bytes)
        var bytes: [UInt8] = []
        while !String(decoding: bytes, as: UTF8.self).contains(text) {
            let piece = try await connection.read()
            guard !piece.isEmpty else { throw TestFailure(String(decoding: bytes, as: UTF8.self)) }
            bytes += piece
        }
        return (connection, bytes)
    }
}
