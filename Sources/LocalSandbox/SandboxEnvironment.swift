import SandboxCore

/// The variables that a sandbox's commands start with.
enum SandboxEnvironment {
    /// The standard directories, for a sandbox that has no caller's `PATH` to inherit.
    static let standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    private static let tokenHash = "SANDBOX_EXEC_TOKEN_SHA256"

    /// The claim's own go over the defaults. Only the token's hash is in there: whoever reads it cannot use it.
    ///
    /// - Throws: `SandboxError` of kind `invalid` for a name or value that no environment can hold, for too much of
    ///   them, and for a name that podkeeper-execd reads itself.
    static func make(
        claimed: [String: String], token: String, uid: String, home: String, path: String
    ) throws(SandboxError) -> [(name: String, value: String)] {
        for (name, value) in claimed {
            guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")), !name.utf8.contains(0), !value.utf8.contains(0)
            else { throw .invalid("env: '\(name)' cannot be a variable: no '=' in the name, no NUL in either part") }
            guard !name.hasPrefix("SANDBOX_"), !name.hasPrefix("PODKEEPER_") else {
                throw .invalid("env: '\(name)' is for the exec server itself; names of your own start otherwise")
            }
        }
        try ArgumentLimits.check(environment: claimed, of: "env")
        let defaults = ["PATH": path, "HOME": home, "LANG": "C.UTF-8"]
        let own = [tokenHash: SHA256.hex(token.utf8), ProcessTable.Mark.variable: uid]
        let all = defaults.merging(claimed) { $1 }.merging(own) { $1 }
        return all.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }
}
