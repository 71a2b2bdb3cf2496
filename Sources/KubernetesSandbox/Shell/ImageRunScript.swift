import SandboxCore

/// Runs an argument vector with its stdin from a file and its output into files, at most as much as the limit allows.
struct ImageRunScript: Sendable {
    let words: [String]
    let outputLimit: Int
    let mergesStderr: Bool
    let id: String

    private var directory: String { "/tmp/.podkeeper-run-\(id)" }
    var stdinPath: String { "\(directory)/in" }
    func path(of stream: OutputStream) -> String { "\(directory)/\(stream == .stdout ? "out" : "err")" }

    /// The exit code goes round the pipe through a file; a writer that meets the limit gets SIGPIPE.
    var text: String {
        let limit = outputLimit < Int.max ? outputLimit &+ 1 : outputLimit
        let command = words.map(PodCommand.quoted).joined(separator: " ")
        let errors = mergesStderr ? "2>&1" : "2>\(directory)/pipe"
        let reader = mergesStderr ? "" : "mkfifo pipe; head -c \(limit) <pipe >err & q=$!\n"
        return #"""
            w=$PWD
            cd \#(directory) || exit 1
            \#(reader)cd "$w"
            { \#(command) <\#(directory)/in \#(errors); echo $? >\#(directory)/code; } | head -c \#(limit) >\#(directory)/out
            \#(mergesStderr ? "" : "wait $q")
            exit "$(cat \#(directory)/code)"
            """#
    }

    var cleanLine: String { "rm -rf \(directory)" }
}
