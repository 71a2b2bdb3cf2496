/// The file operations of `Sandbox` for sandboxes where only a shell can be used, byte-exact like the exec server's.
///
/// Differences that a shell brings: modification times are whole seconds, and a search or listing over one answer's
/// size is `truncated` in the order of find(1). Make one for each sandbox and share it: it holds the locks that keep two
/// edits of one file apart; a change from elsewhere during an edit is noticed by the file's checksum.
package struct ShellFileOperations<Runner: ShellRunner>: Sendable {
    /// For one script that handles one file.
    package static var fileTimeout: Duration { .seconds(30) }
    /// For one script that walks a tree.
    package static var searchTimeout: Duration { .seconds(120) }

    /// For a directory on its way out.
    static var archiveTimeout: Duration { .seconds(24 * 3600) }

    package let runner: Runner
    /// Absolute.
    package let workDirectory: String
    let locks = KeyedLock()
    let uploads = ShellUploads()

    package init(runner: Runner, workDirectory: String) {
        self.runner = runner
        self.workDirectory = workDirectory
    }

    /// True for a regular file or a symlink to one.
    package func exists(_ path: SandboxPath) async throws(SandboxError) -> Bool {
        let reply = try await run(ShellReadScripts.exists(scriptPath(path)), path)
        return try reply.number(0) == 1
    }

    /// The path as scripts use it: absolute, so that no tool takes it for an option. A slash at its end stays, since it
    /// says that a directory is meant.
    func scriptPath(_ path: SandboxPath) -> [UInt8] {
        let absolute = path.absolute(in: workDirectory)
        let namesDirectory = path.bytes.last == UInt8(ascii: "/") && absolute.count > 1
        return namesDirectory ? absolute + [UInt8(ascii: "/")] : absolute
    }

    func run(
        _ script: ShellScript, _ path: SandboxPath, input: [UInt8]? = nil, timeout: Duration = fileTimeout
    ) async throws(SandboxError) -> ShellReply {
        guard script.text.utf8.count <= runner.maximumCommandBytes else {
            throw .invalid("the path or pattern is too long for the commands that this sandbox takes")
        }
        let reply = try ShellReply(try await runner.runShell(script.text, input: input, timeout: timeout))
        try reply.requireOK(path)
        return reply
    }

    /// Bytes that fit one answer once base64 has made 77 of every 57 (76 characters and a newline).
    var pageBytes: Int {
        get throws(SandboxError) {
            let page = min((runner.maximumOutputBytes - 512) / 77 * 57, FileLimits.maximumReadBytes)
            guard page > 0 else { throw SandboxError(.internal, "the sandbox's answers are too small for files") }
            return page
        }
    }
}
