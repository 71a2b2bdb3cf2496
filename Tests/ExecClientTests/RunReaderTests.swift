import ExecAPI
import Foundation
import SandboxCore
import Testing

@testable import ExecClient

@Suite struct RunReaderTests {
    private static let outcome = RunOutcomeBody(
        kind: .exited, code: 3, stdoutBytes: 5, stderrBytes: 2, duration: 0.25)

    private static func body(_ outcome: RunOutcomeBody = Self.outcome) throws -> [UInt8] {
        RunFrame.stdout(offset: 0, bytes: Array("hel".utf8)).encoded + RunFrame.keepAlive.encoded
            + RunFrame.stderr(offset: 0, bytes: Array("e!".utf8)).encoded
            + RunFrame.stdout(offset: 3, bytes: Array("lo".utf8)).encoded
            + RunFrame.outcome(Array(try JSONEncoder().encode(outcome))).encoded
    }

    /// Everything that comes out of `pieces`.
    private static func read(_ pieces: [[UInt8]]) throws -> (chunks: [OutputChunk], end: RunEnd?) {
        var reader = RunReader()
        var chunks: [OutputChunk] = []
        for piece in pieces {
            reader.append(piece)
            while let chunk = try reader.next() { chunks.append(chunk) }
        }
        return (chunks, reader.end)
    }

    @Test func `a body cut at every single place is read the same`() throws {
        let body = try Self.body()
        let whole = try Self.read([body])
        #expect(
            whole.chunks == [
                OutputChunk(stream: .stdout, offset: 0, bytes: Array("hel".utf8)),
                OutputChunk(stream: .stderr, offset: 0, bytes: Array("e!".utf8)),
                OutputChunk(stream: .stdout, offset: 3, bytes: Array("lo".utf8)),
            ])
        #expect(
            whole.end
                == RunEnd(outcome: .exited(code: 3), stdoutBytes: 5, stderrBytes: 2, duration: .milliseconds(250)))
        for cut in 1..<body.count {
            let parts = try Self.read([Array(body[..<cut]), Array(body[cut...])])
            #expect(parts.chunks == whole.chunks && parts.end == whole.end, "cut at \(cut)")
        }
        let bytes = try Self.read(body.map { [$0] })
        #expect(bytes.chunks == whole.chunks && bytes.end == whole.end)
    }

    @Test func `every body that stops early has no end`() throws {
        let body = try Self.body()
        for count in 0..<body.count {
            #expect(try Self.read([Array(body[..<count])]).end == nil, "after \(count) bytes")
        }
    }

    @Test func `bytes behind the outcome change nothing`() throws {
        let body = try Self.body()
        #expect(try Self.read([body, [9, 255, 255, 255, 255]]).end != nil)
    }

    @Test(arguments: [
        RunFrame.stdout(offset: 1, bytes: [1]).encoded,
        RunFrame.stderr(offset: .max, bytes: [1]).encoded,
        [1, 0xFF, 0xFF, 0xFF, 0xFF],
        RunFrame.outcome(Array("{}".utf8)).encoded,
        RunFrame.outcome([0xFF]).encoded,
        RunFrame.outcome(
            Array(#"{"kind":"exited","code":256,"stdout_bytes":0,"stderr_bytes":0,"duration":1}"#.utf8)
        ).encoded,
        RunFrame.outcome(
            Array(#"{"kind":"exited","code":0,"stdout_bytes":1,"stderr_bytes":0,"duration":1}"#.utf8)
        ).encoded,
        RunFrame.outcome(
            Array(#"{"kind":"exited","code":0,"stdout_bytes":0,"stderr_bytes":0,"duration":1e300}"#.utf8)
        ).encoded,
    ])
    func `what does not add up is an unknown outcome`(_ body: [UInt8]) throws {
        let error = try #require(throws: SandboxError.self) { try Self.read([body]) }
        #expect(error.kind == .outcomeUnknown)
    }

    @Test(arguments: [
        (RunOutcomeBody.Kind.signalled, RunOutcome.signalled(9)), (.timedOut, .timedOut),
        (.outputLimited, .outputLimited), (.oomKilled, .oomKilled),
    ])
    func `every way to end is told apart`(_ kind: RunOutcomeBody.Kind, _ expected: RunOutcome) throws {
        var outcome = Self.outcome
        outcome.kind = kind
        outcome.signal = 9
        #expect(try Self.read([Self.body(outcome)]).end?.outcome == expected)
    }
}
