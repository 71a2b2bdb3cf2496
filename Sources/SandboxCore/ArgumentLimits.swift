/// What execve(2) takes on Linux. Checked before a sandbox is asked, whose kernel would only say that a list is too long.
package enum ArgumentLimits {
    /// Bytes of one argument, and of one variable as `NAME=value`: MAX_ARG_STRLEN less its NUL.
    package static let maximumTextBytes = 131_071
    /// Bytes of all arguments and variables with their NULs and pointers: a quarter of the usual stack limit, 8 MiB.
    package static let maximumTotalBytes = 2_097_152
    /// Of a session's own variables, which every command in it gets: half of that is left for the command.
    package static let maximumEnvironmentBytes = 1_048_576

    /// Of one command. Throws `invalid`, naming the member.
    package static func check(argv: [String], environment: [String: String]) throws(SandboxError) {
        for (index, argument) in argv.enumerated() {
            try check(argument.utf8.count, of: "argv[\(index)]")
        }
        try check(texts: environment, of: "env")
        let total = argv.reduce(size(of: environment)) { $0 + size(of: $1.utf8.count) }
        guard total <= maximumTotalBytes else {
            throw .invalid("argv and env must have at most \(maximumTotalBytes) bytes in all, have \(total)")
        }
    }

    /// Of a session or a profile. Throws `invalid`, naming the setting.
    package static func check(environment: [String: String], of setting: String) throws(SandboxError) {
        try check(texts: environment, of: setting)
        let total = size(of: environment)
        guard total <= maximumEnvironmentBytes else {
            throw .invalid("\(setting) must have at most \(maximumEnvironmentBytes) bytes in all, has \(total)")
        }
    }

    /// One text that becomes an argument. Throws `invalid`, naming the member.
    package static func check(_ bytes: Int, of member: String) throws(SandboxError) {
        guard bytes <= maximumTextBytes else {
            throw .invalid("\(member) must have at most \(maximumTextBytes) bytes, has \(bytes)")
        }
    }

    private static func check(texts environment: [String: String], of setting: String) throws(SandboxError) {
        for (name, value) in environment {
            let shown = String(String.UnicodeScalarView(name.unicodeScalars.prefix(100)))
            try check(name.utf8.count + 1 + value.utf8.count, of: "\(setting).\(shown) with its name")
        }
    }

    private static func size(of environment: [String: String]) -> Int {
        environment.reduce(0) { $0 + size(of: $1.key.utf8.count + 1 + $1.value.utf8.count) }
    }

    /// With its NUL, and the pointer to it.
    private static func size(of bytes: Int) -> Int { bytes + 1 + 8 }
}
