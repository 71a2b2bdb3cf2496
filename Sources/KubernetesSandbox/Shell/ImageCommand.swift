import SandboxCore

/// A shell line for an exec server that runs it with `sh -c`: with a deadline of its own, in the working directory, and
/// with its process group's id in a file, so that a second line can end it.
struct ImageCommand: Sendable {
    var command: String
    /// Absolute; nil leaves it to the server.
    var directory: String?
    var timeout: Duration
    /// Letters and digits: names the file.
    var id: String

    static func randomID() -> String {
        String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    private var file: String { "/tmp/.podkeeper-\(id)" }

    /// Whole seconds, as every `timeout` takes them.
    var seconds: Int { Int(min(max((timeout / .seconds(1)).rounded(.up), 1), 1e9)) }

    /// An image without `timeout` has the server's own deadline only.
    var line: String {
        let change = directory.map { "cd \(PodCommand.quoted($0)) || exit 1\n" } ?? ""
        return change + #"""
            s= t=
            command -v setsid >/dev/null 2>&1 && s=setsid
            if command -v timeout >/dev/null 2>&1; then
            t='timeout \#(seconds)'
            timeout -k 1 1 true 2>/dev/null && t='timeout -k 2 \#(seconds)'
            fi
            go() { exec $s $t sh -c \#(PodCommand.quoted(command)); }
            go </dev/null & p=$!
            (echo $p >\#(file)) 2>/dev/null
            { wait $p; } 2>/dev/null; r=$?
            case $r in 124|137|143) kill -KILL -$p 2>/dev/null;; esac
            rm -f \#(file)
            exit $r
            """#
    }

    /// Ends the command's process group.
    var killLine: String {
        #"""
        p=$(cat \#(file)) && [ "$p" -gt 1 ] || exit 0
        kill -TERM -$p 2>/dev/null || kill -TERM $p
        sleep 2
        kill -KILL -$p 2>/dev/null
        rm -f \#(file)
        """#
    }
}
