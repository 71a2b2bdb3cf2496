/// One process to run in a sandbox: an argument vector, never a shell line.
package struct RunRequest: Hashable, Sendable {
    /// The most bytes of stdout and stderr together that a run may produce when the caller names no limit.
    package static let defaultOutputLimit = 10_485_760

    /// At least one member; the first names the program and is looked up on the sandbox's `PATH`.
    package var argv: [String]
    /// The caller's name for the run, unique within the session.
    package var runID: String
    /// Added to the sandbox's own environment; a later value of a name wins.
    package var environment: [String: String]
    /// Absolute, or relative to `work_dir`; nil is `work_dir` itself.
    package var workingDirectory: SandboxPath?
    package var stdin: [UInt8]
    package var timeout: Duration
    /// Bytes of stdout and stderr together; at the limit the process group is killed.
    package var outputLimit: Int
    /// stderr goes into stdout, in the order in which it was written.
    package var mergesStderr: Bool
    /// stdin stays open after `stdin` for `Sandbox.writeInput`; a terminal's always does.
    package var keepsInputOpen: Bool
    /// Not nil: the process gets a terminal of this size as all three streams, and its output is all stdout.
    package var terminal: TerminalSize?

    package init(
        argv: [String], runID: String, environment: [String: String] = [:], workingDirectory: SandboxPath? = nil,
        stdin: [UInt8] = [], timeout: Duration = ExecuteResult.defaultTimeout,
        outputLimit: Int = RunRequest.defaultOutputLimit, mergesStderr: Bool = false,
        keepsInputOpen: Bool = false, terminal: TerminalSize? = nil
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
