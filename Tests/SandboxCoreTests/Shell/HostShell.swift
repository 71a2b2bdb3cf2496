import Dispatch
import Glibc
import SandboxCore
import Testing

/// A real shell of this machine, with only the tools that scripts may count on.
struct HostShell: ShellRunner, CustomTestStringConvertible {
    enum Flavor: String, CaseIterable { case dash, bash, busybox }

    let flavor: Flavor
    var maximumOutputBytes = 100_000
    var maximumCommandBytes = 100_000
    var supportsInput = false
    /// As uid 65534, to see what may not be read.
    var isUnprivileged = false
    /// Runs between two scripts: stands for another process that changes files meanwhile.
    var betweenScripts: (@Sendable (_ script: String) -> Void)?
    /// Stands for a connection that breaks off within an answer.
    var cutsAnswersAt: Int?

    var testDescription: String {
        "\(flavor)\(supportsInput ? ", stdin" : "")\(maximumOutputBytes < 10_000 ? ", small answers" : "")"
    }

    static var all: [HostShell] { Flavor.allCases.map { HostShell(flavor: $0) } }
    /// So little at once that most transfers take several scripts.
    static var small: [HostShell] {
        [Flavor.dash, .busybox].map {
            HostShell(flavor: $0, maximumOutputBytes: 2000, maximumCommandBytes: 8000)
        }
    }
    static var withInput: [HostShell] { [Flavor.dash, .busybox].map { HostShell(flavor: $0, supportsInput: true) } }

    /// What the scripts use, and nothing else.
    private static let tools = [
        "base64", "cat", "chmod", "chown", "cut", "find", "grep", "head", "mkdir", "mv", "readlink", "rm", "rmdir",
        "sh",
        "sha256sum",
        "stat", "tail", "tar", "tr", "wc", "dd",
    ]

    /// A directory of links to the tools, one for busybox and one for the others.
    private static let toolDirectories: [Flavor: String] = Dictionary(
        uniqueKeysWithValues: Flavor.allCases.map { flavor in
            var template = Array("/tmp/podkeeper-tools-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { return (flavor, "/nonexistent") }
            let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            chmod(directory, 0o755)
            for tool in tools {
                let target =
                    flavor == .busybox ? "/usr/bin/busybox" : tool == "sh" ? "/bin/\(flavor)" : "/usr/bin/\(tool)"
                symlink(target, "\(directory)/\(tool)")
            }
            atexit { HostShell.removeToolDirectories() }
            return (flavor, directory)
        })

    private static func removeToolDirectories() {
        for directory in toolDirectories.values {
            for tool in tools { unlink("\(directory)/\(tool)") }
            rmdir(directory)
        }
    }

    func runShell(_ script: String, input: [UInt8]?, timeout: Duration) async throws(SandboxError) -> ShellResult {
        if Task.isCancelled { throw .cancelled }
        betweenScripts?(script)
        guard script.utf8.count <= maximumCommandBytes else {
            throw SandboxError(.internal, "a script of \(script.utf8.count) bytes")
        }
        let result = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: self.runBlocking(script, input)) }
        }
        guard let result else { throw SandboxError(.internal, "no process") }
        return result
    }

    func streamShell(
        _ script: String, timeout: Duration, onOutput: @Sendable ([UInt8]) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> Int {
        var whole = self
        whole.maximumOutputBytes = .max
        let result = try await whole.runShell(script, input: nil, timeout: timeout)
        var rest = result.stdout[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(10_000))
            rest = rest.dropFirst(piece.count)
            try await onOutput(piece)
        }
        return result.exitCode
    }

    /// Through files, so that no pipe can fill up.
    private func runBlocking(_ script: String, _ input: [UInt8]?) -> ShellResult? {
        let directory = Self.toolDirectories[flavor] ?? ""
        let files = [temporaryFile(), temporaryFile(), temporaryFile()]
        defer { for file in files { close(file) } }
        if let input {
            guard write(files[0], input, input.count) == input.count else { return nil }
            lseek(files[0], 0, SEEK_SET)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, file) in files.enumerated() { posix_spawn_file_actions_adddup2(&actions, file, Int32(number)) }
        var arguments = ["\(directory)/sh", "-c", script]
        if isUnprivileged {
            arguments = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + arguments
        }
        var argv = arguments.map { strdup($0) } + [nil]
        var environment = [strdup("PATH=\(directory)"), nil]
        defer { for text in argv + environment { free(text) } }
        var process: pid_t = 0
        guard posix_spawn(&process, arguments[0], &actions, nil, &argv, &environment) == 0 else { return nil }
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1, errno == EINTR {}
        var stdout = contents(files[1])
        var truncated = stdout.count > maximumOutputBytes
        stdout = Array(stdout.prefix(maximumOutputBytes))
        if let cut = cutsAnswersAt, stdout.count > cut {
            stdout = Array(stdout.prefix(cut))
            truncated = false
        }
        let code = status & 0x7F == 0 ? Int(status >> 8 & 0xFF) : 128 + Int(status & 0x7F)
        return ShellResult(stdout: stdout, stderr: contents(files[2]), exitCode: code, truncated: truncated)
    }

    private func temporaryFile() -> Int32 {
        var template = Array("/tmp/podkeeper-shell-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        unlink(&template)
        return file
    }

    private func contents(_ file: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(lseek(file, 0, SEEK_END)))
        let count = pread(file, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, count)))
    }
}
