import ControlServer
import Foundation
import JSONRPC
import SandboxCore
import Testing

@testable import Daemon

@Suite
struct WireTests {
    @Test func charactersAreNeverSplit() throws {
        let text = "aä€😀z"
        let bytes = Array(text.utf8)
        for split in 0...bytes.count {
            for second in split...bytes.count {
                var tail = UTF8Tail()
                let pieces = [
                    tail.add(Array(bytes[..<split])), tail.add(Array(bytes[split..<second])),
                    tail.add(Array(bytes[second...])), tail.finish(),
                ]
                #expect(pieces.allSatisfy { String(validating: $0, as: UTF8.self) != nil })
                #expect(pieces.flatMap { $0 } == bytes)
            }
        }
    }

    @Test func bytesThatAreNoTextPassThrough() {
        var tail = UTF8Tail()
        let bytes: [UInt8] = [0xFF, 0x80, 0x80, 0x80, 0xC3]
        #expect(tail.add(bytes) == [0xFF, 0x80, 0x80, 0x80])
        #expect(tail.add([0x28]) == [0xC3, 0x28])
        #expect(tail.finish() == [])
    }

    @Test func outputIsTextOrBase64() {
        #expect(RunOutputText.split(Array("ä\n".utf8)).text == "ä\n")
        #expect(RunOutputText.split([0xFF]).base64 == "/w==")
        // Valid UTF-8 that JSON would make six times as long.
        #expect(RunOutputText.split([UInt8](repeating: 0, count: 3000)).text == nil)
        #expect(RunOutputText.split([]).text == "")
    }

    @Test func signalsHaveNames() {
        for name in ["SIGTERM", "TERM", "sigterm", "term"] { #expect(SignalName.number(name) == SIGTERM) }
        for name in ["", "SIG", "15", "SIGNONE", "ERM"] { #expect(SignalName.number(name) == nil) }
        #expect(SignalName.of(SIGKILL) == "SIGKILL")
    }

    @Test(arguments: [0, -1, .nan, .infinity, -.infinity] as [Double])
    func timeoutsAreFiniteAndAboveZero(_ seconds: Double) {
        #expect(throws: SandboxError.self) { try Parameters.duration(seconds, named: "timeout") }
    }

    @Test func longTimeoutsAreCut() throws {
        #expect(try Parameters.duration(1e300, named: "timeout", limit: .seconds(60)) == .seconds(60))
        #expect(try Parameters.duration(nil, named: "timeout") == nil)
    }

    @Test func aTimeoutIsNeverCutToNone() throws {
        for seconds in [.leastNonzeroMagnitude, 1e-18, 1e-4] {
            #expect(try Parameters.duration(seconds, named: "timeout") == .milliseconds(1))
        }
        #expect(try Parameters.duration(0.0015, named: "timeout") == .microseconds(1500))
    }

    @Test func labelsAndReasonsAreBounded() throws {
        #expect(try Parameters.labels(["team": "search", "empty": ""])?.count == 2)
        let longest = String(repeating: "v", count: Parameters.maximumLabelBytes - 1)
        #expect(try Parameters.labels(["k": longest]) == ["k": longest])
        let wrong: [[String: String]] = [
            ["kk": longest], ["": "v"], ["a=b": "v"], ["a,b": "v"],
            ["k": "a\u{1B}[2J"], ["k\0": "v"],
        ]
        for labels in wrong { #expect(throws: SandboxError.self) { try Parameters.labels(labels) } }
        #expect(try Parameters.text("why", named: "reason", maximumBytes: 3) == "why")
        #expect(throws: SandboxError.self) { try Parameters.text("why?", named: "reason", maximumBytes: 3) }
    }

    @Test func pathsComeOnceAndWithoutNUL() throws {
        #expect(try Parameters.path("a", nil).bytes == Array("a".utf8))
        #expect(try Parameters.path(nil, "/w==").bytes == [0xFF])
        for (text, base64) in [("a", "YQ=="), (nil, nil), (nil, "!"), ("", nil), ("a\0", nil)] as [(String?, String?)] {
            #expect(throws: SandboxError.self) { try Parameters.path(text, base64) }
        }
    }

    @Test func everyKindHasItsRowOfTheTable() {
        let rows: [(SandboxError.Kind, Int, String)] = [
            (.invalid, -32602, "invalid_params"), (.sessionNotFound, -32001, "session_not_found"),
            (.sessionLimitExceeded(limit: 1, scope: .daemon, held: 1), -32002, "session_limit_exceeded"),
            (.startFailed(phase: .pull, reason: "r", detail: "d", elapsed: 1), -32003, "start_failed"),
            (.sandboxGone(.oomKilled), -32004, "sandbox_gone"), (.permissionDenied, -32005, "permission_denied"),
            (.deadlineExceeded, -32006, "deadline_exceeded"), (.cancelled, -32007, "cancelled"),
            (.backendUnavailable, -32008, "backend_unavailable"), (.draining, -32009, "draining"),
            (.file(.notFound), -32010, "file_error"), (.tooLarge(limit: 1), -32011, "too_large"),
            (.overloaded(retryAfter: 1), -32012, "overloaded"), (.conflict, -32013, "conflict"),
            (.outcomeUnknown, -32014, "outcome_unknown"), (.internal, -32603, "internal_error"),
        ]
        for (kind, code, name) in rows {
            let error = SandboxError(kind, "text").rpcError
            #expect(error.code == code)
            #expect(error.kind == name)
            #expect(error.data?["retryable"]?.boolValue != nil)
            #expect(error.message == "text")
        }
        #expect(SandboxError(.sandboxGone(.oomKilled), "").rpcError.data?["reason"] == "oom_killed")
    }

    @Test func operatorsAndAgents() throws {
        var settings = AccessSettings()
        settings.operators.gids = [50]
        let open = AccessPolicy(settings: settings, daemonUID: 7)
        #expect(open.isOperator(PeerCredentials(pid: 1, uid: 0, gid: 0)))
        #expect(open.isOperator(PeerCredentials(pid: 1, uid: 7, gid: 7)))
        #expect(open.isOperator(PeerCredentials(pid: 1, uid: 8, gid: 8, supplementaryGroups: [50])))
        let stranger = PeerCredentials(pid: 1, uid: 8, gid: 8)
        #expect(!open.isOperator(stranger))
        try open.checkCaller(stranger)
        #expect(throws: SandboxError.self) { try open.checkOperator(stranger, for: "x") }
        #expect(try open.visibleOwner(stranger, asked: nil) == 8)
        #expect(throws: SandboxError.self) { try open.visibleOwner(stranger, asked: 9) }
        settings.agents.uids = [9]
        let closed = AccessPolicy(settings: settings, daemonUID: 7)
        #expect(throws: SandboxError.self) { try closed.checkCaller(stranger) }
    }
}
