import JSONRPC

/// Runs one process; exactly one outcome.
package enum SandboxRun: RPCMethod {
    package static let name = "sandbox.run"

    package struct Params: SessionParams {
        package var sessionID: String
        package var argv: [String]
        /// The caller's own name for the run; a repeat starts nothing.
        package var runID: String?
        package var environment: [String: String]?
        package var workingDirectory: String?
        package var stdin: String?
        /// In place of `stdin`, for bytes that are not UTF-8.
        package var stdinBase64: String?
        /// Seconds.
        package var timeout: Double?
        /// Bytes of stdout and stderr together.
        package var outputLimit: Int?
        /// Output arrives as `sandbox.output` notifications before the response.
        package var stream: Bool?
        /// Gives the program a terminal of this size; its output is all stdout then, and its stdin stays open.
        package var pty: WindowSize?
        /// Stdin is not at its end after `stdin`: `sandbox.write_stdin` brings more.
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
            case stream, pty
            case stdinOpen = "stdin_open"
        }

        package init(
            sessionID: String, argv: [String], runID: String? = nil, environment: [String: String]? = nil,
            workingDirectory: String? = nil, stdin: String? = nil, stdinBase64: String? = nil, timeout: Double? = nil,
            outputLimit: Int? = nil, stream: Bool? = nil, pty: WindowSize? = nil, stdinOpen: Bool? = nil
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
            self.stream = stream
            self.pty = pty
            self.stdinOpen = stdinOpen
        }
    }

    package typealias Result = RunResult
}
