import JSONRPC

/// Starts a process that goes on without its caller; `sandbox.attach` has its output and its end.
package enum SandboxStart: RPCMethod {
    package static let name = "sandbox.start"

    package struct Params: SessionParams {
        package var sessionID: String
        package var argv: [String]
        /// The caller's own name for the run; a repeat starts nothing.
        package var runID: String?
        package var environment: [String: String]?
        package var workingDirectory: String?
        /// What the program gets to read first.
        package var stdin: String?
        /// In place of `stdin`, for bytes that are not UTF-8.
        package var stdinBase64: String?
        /// Seconds.
        package var timeout: Double?
        /// Bytes of stdout and stderr together.
        package var outputLimit: Int?
        /// Gives the program a terminal of this size; its output is all stdout then.
        package var pty: WindowSize?
        /// Stdin is not at its end after `stdin`: `sandbox.write_stdin` brings more. Absent: where there is no `stdin`.
        package var stdinOpen: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case argv
            case runID = "run_id"
            case environment = "env"
            case workingDirectory = "cwd"
            case stdin
            case stdinBase64 = "stdin_b64"
            case timeout
            case outputLimit = "output_limit"
            case pty
            case stdinOpen = "stdin_open"
        }

        package init(
            sessionID: String, argv: [String], runID: String? = nil, environment: [String: String]? = nil,
            workingDirectory: String? = nil, stdin: String? = nil, stdinBase64: String? = nil, timeout: Double? = nil,
            outputLimit: Int? = nil, pty: WindowSize? = nil, stdinOpen: Bool? = nil
        ) {
            self.sessionID = sessionID
            self.argv = argv
            self.runID = runID
            self.environment = environment
            self.workingDirectory = workingDirectory
            self.stdin = stdin
            self.stdinBase64 = stdinBase64
            self.timeout = timeout
            self.outputLimit = outputLimit
            self.pty = pty
            self.stdinOpen = stdinOpen
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var runID: String

        package enum CodingKeys: String, CodingKey {
            case runID = "run_id"
        }

        package init(runID: String) {
            self.runID = runID
        }
    }
}
