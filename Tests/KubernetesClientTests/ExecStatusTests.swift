import Testing

@testable import KubernetesClient

@Suite struct ExecStatusTests {
    private func collect(_ parts: [String]) throws(KubernetesError) -> ExecStatus? {
        var collector = ExecStatusCollector()
        var status: ExecStatus?
        for part in parts { status = try collector.append(Array(part.utf8), operation: "exec") }
        return status
    }

    private func failure(_ causes: String, reason: String = "NonZeroExitCode") -> String {
        #"{"metadata":{},"kind":"Status","status":"Failure","message":"m","reason":"\#(reason)","details":{"causes":[\#(causes)]}}"#
    }

    @Test("T76 Exit codes, wherever the status is cut") func exitCodes() throws {
        #expect(try collect([#"{"kind":"Status","status":"Success"}"#]) == .exited(code: 0))
        // As the kubelet of 1.20 writes it: without its kind.
        #expect(try collect([#"{"metadata":{},"status":"Success"}"#]) == .exited(code: 0))
        #expect(try collect(["{}"]) == nil)
        for code in 0...255 {
            #expect(
                try collect([failure(#"{"reason":"Other","message":"99"},{"reason":"ExitCode","message":"\#(code)"}"#)])
                    == .exited(code: code))
        }
        let text = failure(#"{"reason":"ExitCode","message":"42"}"#)
        let middle = text.index(text.startIndex, offsetBy: 30)
        #expect(try collect([String(text[..<middle]), String(text[middle...])]) == .exited(code: 42))
        #expect(try collect([String(text[..<middle])]) == nil)
        #expect(try collect(["", "not json"]) == nil)
    }

    @Test(
        "T76 What does not say how the command ended is no exit code, 0 least of all",
        arguments: [
            "", #"{"reason":"ExitCode","message":"many"}"#, #"{"reason":"ExitCode","message":"256"}"#,
            #"{"reason":"ExitCode","message":"-1"}"#, #"{"reason":"ExitCode"}"#, #"{"reason":"Code","message":"1"}"#,
        ])
    func unclearStatuses(_ causes: String) {
        let error = #expect(throws: KubernetesError.self) { try collect([failure(causes)]) }
        #expect(error?.kind == .outcomeUnknown)
    }

    @Test func strangeStatuses() {
        let error = #expect(throws: KubernetesError.self) { try collect([#"{"kind":"Status","status":"Perhaps"}"#]) }
        #expect(error?.kind == .outcomeUnknown)
        let long = #expect(throws: KubernetesError.self) { try collect([String(repeating: " ", count: 65_537)]) }
        #expect(long?.kind == .outcomeUnknown)
    }

    @Test(arguments: [
        (
            "OCI runtime exec failed: exec failed: container_linux.go:380: starting container process caused: exec: "
                + "\"nope\": executable file not found in $PATH: unknown", ExecFailure.Kind.programNotFound
        ),
        ("OCI runtime exec failed: stat /no/such: no such file or directory: unknown", .programNotFound),
        ("OCI runtime exec failed: exec: \"/etc\": permission denied: unknown", .notExecutable),
        ("exec format error", .notExecutable), ("container not found (\"main\")", .containerNotRunning),
        ("cannot exec in a stopped state: unknown", .containerNotRunning),
        ("error dialing backend: dial tcp 10.0.0.1:10250: connect: connection refused", .nodeUnreachable),
        ("something else", .other),
    ])
    func failures(_ message: String, _ kind: ExecFailure.Kind) throws {
        #expect(ExecFailure.kind(of: message) == kind)
    }

    @Test("T76 An internal error is no exit code") func anInternalErrorIsNoExitCode() throws {
        let text =
            #"{"kind":"Status","status":"Failure","reason":"InternalError","message":"error dialing backend: EOF","code":500,"details":{"causes":[{"message":"7"}]}}"#
        guard case .failed(let failure)? = try collect([text]) else {
            Issue.record("not a failure")
            return
        }
        #expect(failure.kind == .nodeUnreachable && failure.code == 500 && failure.reason == "InternalError")
    }
}
