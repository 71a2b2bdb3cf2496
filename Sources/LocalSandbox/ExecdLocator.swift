import Glibc
package import SandboxCore

/// Finds the podkeeper-execd that local sandboxes run.
package enum ExecdLocator {
    package static let programName = "podkeeper-execd"
    /// The variable that goes before everything else.
    package static let variable = "PODKEEPER_EXECD"

    /// The variable, else the setting, else beside the daemon, else on `PATH`. What is named and is no program is an
    /// error, never passed over. `configured` is the setting `local.execd`, `daemonPath` the daemon's own program file.
    ///
    /// Throws `SandboxError` of kind `invalid`, which says how to build the program.
    package static func locate(
        environment: [String: String], configured: String?, daemonPath: String
    ) throws(SandboxError) -> String {
        if let path = environment[variable], !path.isEmpty { return try checked(path, source: variable) }
        if let configured { return try checked(configured, source: "local.execd") }
        let directory = daemonPath.lastIndex(of: "/").map { String(daemonPath[..<$0]) }
        if let beside = directory.map({ "\($0)/\(programName)" }), isProgram(beside) { return beside }
        if let found = search(programName, path: environment["PATH"]) { return found }
        throw .invalid(
            "the local backend needs \(programName) and found none: neither \(variable) nor local.execd is set, and it "
                + "is neither beside podkeeperd nor on PATH. \(advice)")
    }

    /// The first program of that name in the directories of `path` (its relative ones are passed over).
    static func search(_ name: String, path: String?) -> String? {
        (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
            .filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }.first(where: isProgram)
    }

    static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }

    private static let advice =
        "Build it with: swift build -c release --product \(programName) -Xswiftc -static-executable "
        + "-Xlinker --gc-sections"

    private static func checked(_ path: String, source: String) throws(SandboxError) -> String {
        guard isProgram(path) else {
            throw .invalid("\(source) is '\(path)', which is not a program that this user may run. \(advice)")
        }
        return path
    }
}
