import SandboxCore
import SessionManager
import Testing

/// Expects a `SandboxError` of this kind.
func expectKind<Answer>(
    _ kind: SandboxError.Kind,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Answer
) async {
    do {
        _ = try await body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as SandboxError {
        #expect(error.kind == kind, "\(error)", sourceLocation: sourceLocation)
    } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
    }
}

extension TestBench {
    /// The cluster ends a sandbox by itself and tells; returns when the session has taken notice.
    func killSandbox(of session: SessionSnapshot, in daemon: Daemon, _ reason: GoneReason) async throws {
        let uid = try #require(session.sandbox?.uid)
        cluster.change { $0.boxes[session.sandboxName] = nil }
        daemon.provider.send(.gone(name: session.sandboxName, uid: uid, reason, detail: "by the test"))
        try await eventually("the session fails") {
            try daemon.manager.get(session.sessionID).state == .failed
        }
    }
}

/// The error that the body throws; nil when it throws none.
func failure<Answer>(of body: () async throws -> Answer) async -> SandboxError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return SandboxError(wrapping: error)
    }
}
