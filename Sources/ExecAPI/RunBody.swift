/// The request of `ExecRoute.run`: one process, by argument vector.
package struct RunBody: Hashable, Sendable, Codable {
    /// At least one member; the first is looked up on `PATH`.
    package var argv: [String]
    /// The caller's name for the run. One that is running, or was used not long ago, starts nothing: 409.
    package var runID: String
    /// Added to the server's own environment.
    package var environment: [String: String]?
    /// Absolute, or relative to the work directory; nil is the work directory.
    package var workingDirectory: Base64Bytes?
    /// Written to the process, then closed; nil or empty is `/dev/null`.
    package var stdin: Base64Bytes?
    /// Seconds, above 0; nil is 1800.
    package var timeout: Double?
    /// Bytes of both streams together; nil is 10 MiB.
    package var outputLimit: Int?
    /// stderr goes into stdout in the order in which it was written.
    package var mergesStderr: Bool?
    /// stdin stays open after `stdin`, for `ExecRoute.input`.
    package var keepsInputOpen: Bool?
    /// Not nil: a terminal of this size in place of pipes.
    package var terminal: TerminalSizeBody?

    private enum CodingKeys: String, CodingKey {
        case argv
        case runID = "run_id"
        case environment = "env"
        case workingDirectory = "cwd_b64"
        case stdin = "stdin_b64"
        case timeout
        case outputLimit = "output_limit"
        case mergesStderr = "merge_stderr"
        case keepsInputOpen = "keep_stdin_open"
        case terminal = "pty"
    }

    package init(
        argv: [String], runID: String, environment: [String: String]? = nil, workingDirectory: Base64Bytes? = nil,
        stdin: Base64Bytes? = nil, timeout: Double? = nil, outputLimit: Int? = nil, mergesStderr: Bool? = nil,
        keepsInputOpen: Bool? = nil, terminal: TerminalSizeBody? = nil
    ) {
        self.argv = argv
        self.runID = runID
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.stdin = stdin
        self.timeout = timeout
        self.outputLimit = outputLimit
        self.mergesStderr = mergesStderr
        self.keepsInputOpen = keepsInputOpen
        self.terminal = terminal
    }
}

/// A terminal's size in characters, 1…65535 each.
package struct TerminalSizeBody: Hashable, Sendable, Codable {
    package var columns: Int
    package var rows: Int

    private enum CodingKeys: String, CodingKey {
        case columns = "cols"
        case rows
    }

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}

/// The request of `ExecRoute.stop`. An unknown or finished run is success.
package struct StopBody: Hashable, Sendable, Codable {
    package var runID: String

    private enum CodingKeys: String, CodingKey { case runID = "run_id" }

    package init(runID: String) {
        self.runID = runID
    }
}
