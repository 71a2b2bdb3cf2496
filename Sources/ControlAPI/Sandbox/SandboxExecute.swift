import JSONRPC

/// Runs a shell line; a runtime failure is a result, not an error.
package enum SandboxExecute: RPCMethod {
    package static let name = "sandbox.execute"

    package struct Params: SessionParams {
        package var sessionID: String
        package var command: String
        /// Seconds.
        package var timeout: Double?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case command
            case timeout
        }

        package init(sessionID: String, command: String, timeout: Double? = nil) {
            self.sessionID = sessionID
            self.command = command
            self.timeout = timeout
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        /// stdout and stderr merged, at most 100 000 bytes.
        package var output: String
        package var exitCode: Int
        package var truncated: Bool
        package var timedOut: Bool

        package enum CodingKeys: String, CodingKey {
            case output
            case exitCode = "exit_code"
            case truncated
            case timedOut = "timed_out"
        }

        package init(output: String, exitCode: Int, truncated: Bool, timedOut: Bool) {
            self.output = output
            self.exitCode = exitCode
            self.truncated = truncated
            self.timedOut = timedOut
        }
    }
}
