import JSONRPC

/// The runs that a sandbox knows: those that go on, and those that ended not long ago.
package enum SandboxListRuns: RPCMethod {
    package static let name = "sandbox.list_runs"
    package static var isLook: Bool { true }

    package struct Params: SessionParams {
        package var sessionID: String

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
        }

        package init(sessionID: String) { self.sessionID = sessionID }
    }

    package struct Run: Codable, Hashable, Sendable {
        package enum State: String, Codable, Hashable, Sendable, CaseIterable { case running, ended }

        package var runID: String
        package var argv: [String]
        package var state: State
        /// Null while it runs, and when it ended without one; 128 + n when signal n ended it.
        @ExplicitNull package var exitCode: Int?
        package var startedAt: Timestamp
        package var stdoutBytes: Int
        package var stderrBytes: Int

        package enum CodingKeys: String, CodingKey {
            case runID = "run_id"
            case argv, state
            case exitCode = "exit_code"
            case startedAt = "started_at"
            case stdoutBytes = "stdout_bytes"
            case stderrBytes = "stderr_bytes"
        }

        package init(
            runID: String, argv: [String], state: State, exitCode: Int?, startedAt: Timestamp, stdoutBytes: Int,
            stderrBytes: Int
        ) {
            self.runID = runID
            self.argv = argv
            self.state = state
            self.exitCode = exitCode
            self.startedAt = startedAt
            self.stdoutBytes = stdoutBytes
            self.stderrBytes = stderrBytes
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var runs: [Run]

        package init(runs: [Run]) { self.runs = runs }
    }
}
