import SandboxCore

extension RunRequest {
    /// The argument vector with the variables set by `env(1)`. Throws `invalid` for what no process can be given.
    func words() throws(SandboxError) -> [String] {
        guard terminal == nil else { throw .needsExecServer("a terminal") }
        guard !keepsInputOpen else { throw .needsExecServer("writing to a command that runs") }
        guard let program = argv.first, !program.isEmpty else { throw .invalid("argv must name a program") }
        guard !argv.contains(where: { $0.utf8.contains(0) }) else { throw .invalid("argv must not contain a NUL") }
        guard argv.allSatisfy({ $0.utf8.count <= PodCommand.maximumArgumentBytes }) else {
            throw .invalid("no member of argv may be longer than \(PodCommand.maximumArgumentBytes) bytes")
        }
        guard !environment.isEmpty else { return argv }
        for (name, value) in environment {
            guard !name.isEmpty, !name.hasPrefix("-"), !name.utf8.contains(UInt8(ascii: "=")), !name.utf8.contains(0),
                !value.utf8.contains(0)
            else { throw .invalid("env: '\(name)' is no name of an environment variable, or its value has a NUL") }
        }
        let pairs = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        // env takes a program's name with a = in it for one more variable.
        let command = program.utf8.contains(UInt8(ascii: "=")) ? ["sh", "-c", #"exec "$@""#, "sh"] + argv : argv
        return ["env"] + pairs + command
    }

    /// The directory to run in, absolute. Throws `invalid` for bytes that are not UTF-8: a command line carries none.
    func directory(in workDirectory: String) throws(SandboxError) -> String {
        guard let workingDirectory else { return workDirectory }
        guard let text = String(validating: workingDirectory.absolute(in: workDirectory), as: UTF8.self) else {
            throw .invalid("cwd must be UTF-8 in this sandbox, '\(workingDirectory)' is not")
        }
        return text
    }
}

extension RunOutcome {
    /// From the exit code of a shell's child: 128 + n says that signal n ended it.
    init(shellCode code: Int) {
        // The standard signals of signal(7); what is above is a program's own code.
        self = (129...159).contains(code) ? .signalled(Int32(code &- 128)) : .exited(code: code)
    }
}
