import Glibc

/// One process to run, in the kernel's own terms.
package struct ProcessCommand: Hashable, Sendable {
    package static let defaultSearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// At least one member; the first is looked up as execvp(3) does.
    package var argv: [String]
    /// The whole environment, `NAME=value` each.
    package var environment: [[UInt8]]
    /// Absolute.
    package var workingDirectory: [UInt8]
    /// Written first. Empty: `/dev/null`, unless stdin stays open or is a terminal.
    package var stdin: [UInt8]
    /// stdin stays open behind `stdin`, for `ProcessInput`.
    package var keepsInputOpen = false
    package var mergesStderr: Bool
    /// Not nil: a terminal in place of pipes; all output is stdout.
    package var terminal: ProcessTerminalSize?
    /// An entry of its environment, `NAME=value`, that tells its descendants from all other processes.
    package var mark: [UInt8]?
    package var timeout: Duration
    /// Bytes of both streams together.
    package var outputLimit: Int
    /// Between TERM and KILL.
    package var grace: Duration

    package init(
        argv: [String], environment: [[UInt8]], workingDirectory: [UInt8], stdin: [UInt8] = [],
        mergesStderr: Bool = false, timeout: Duration, outputLimit: Int, grace: Duration = .seconds(2)
    ) {
        self.argv = argv
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.stdin = stdin
        self.mergesStderr = mergesStderr
        self.timeout = timeout
        self.outputLimit = outputLimit
        self.grace = grace
    }

    /// A new stdin for it.
    package var input: ProcessInput {
        ProcessInput(initial: stdin, staysOpen: keepsInputOpen || terminal != nil)
    }

    /// Throws `ProcessError` of kind `invalid`, naming what is wrong.
    func validate() throws(ProcessError) {
        guard let program = argv.first else { throw ProcessError(.invalid, "argv must name a program") }
        guard !program.isEmpty else { throw ProcessError(.invalid, "argv[0] must not be empty") }
        guard !argv.contains(where: { $0.utf8.contains(0) }) else {
            throw ProcessError(.invalid, "argv must not contain NUL bytes")
        }
        guard !workingDirectory.contains(0) else {
            throw ProcessError(.invalid, "the working directory must not contain NUL bytes")
        }
        for entry in environment {
            guard !entry.contains(0), Self.isValidVariable(entry) else {
                let name = String(decoding: entry.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
                throw ProcessError(
                    .invalid,
                    "env name '\(name)' is not usable: it must not be empty, start with a digit or contain '=' or NUL")
            }
        }
    }

    /// True for `NAME=value` with a name that every shell and libc takes (POSIX XBD 8.1).
    package static func isValidVariable(_ entry: [UInt8]) -> Bool {
        guard let equals = entry.firstIndex(of: UInt8(ascii: "=")), equals > 0 else { return false }
        return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(entry[0])
    }

    /// Whether there is no such program as `argv[0]`, seen from our own working directory. A run of it would end with
    /// 127, as that of a program which says so itself does.
    package var isMissingItsProgram: Bool {
        ExecutableLookup.find(argv[0], searchPath: searchPath, directory: AT_FDCWD) == .notFound
    }

    /// The value that the process itself will see as `PATH`.
    var searchPath: String {
        let name = Array("PATH=".utf8)
        guard let entry = environment.last(where: { $0.starts(with: name) }) else { return Self.defaultSearchPath }
        return String(decoding: entry.dropFirst(name.count), as: UTF8.self)
    }
}
