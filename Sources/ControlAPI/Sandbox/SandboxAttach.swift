import JSONRPC

/// Streams a run's output from byte offsets on, then tells its outcome as `sandbox.run` does.
package enum SandboxAttach: RPCMethod {
    package static let name = "sandbox.attach"

    package struct Params: SessionParams {
        package var sessionID: String
        package var runID: String
        /// Bytes of stdout to skip: what the caller has already.
        package var stdoutOffset: Int?
        package var stderrOffset: Int?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case runID = "run_id"
            case stdoutOffset = "stdout_offset"
            case stderrOffset = "stderr_offset"
        }

        package init(sessionID: String, runID: String, stdoutOffset: Int? = nil, stderrOffset: Int? = nil) {
            self.sessionID = sessionID
            self.runID = runID
            self.stdoutOffset = stdoutOffset
            self.stderrOffset = stderrOffset
        }
    }

    package typealias Result = RunResult
}
