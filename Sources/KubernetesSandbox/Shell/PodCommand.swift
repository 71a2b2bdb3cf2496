import SandboxCore

/// One command as a shell in a pod runs it: with a deadline of its own in the pod, in a process group of its own where
/// the image can make one, and within a `ShellFrame`.
struct PodCommand: Sendable {
    static let maximumArgumentBytes = ArgumentLimits.maximumTextBytes
    /// Arguments that are longer in all go through stdin: gateways allow URLs of about 4 KiB.
    static let maximumURLBytes = 2000

    var argv: [String]
    /// Absolute.
    var directory: String
    var timeout: Duration
    var stdin: [UInt8] = []
    var mergesStderr = false

    /// Whole seconds, as every `timeout` takes them; 0 would mean no limit.
    var seconds: Int { Int(min(max((timeout / .seconds(1)).rounded(.up), 1), 1e9)) }

    /// Program and arguments for `pods/exec`, and what goes to the shell's stdin; nil where it needs none.
    func invocation(marker: String) -> (arguments: [String], input: [UInt8]?) {
        let isLong = argv.reduce(0) { $0 &+ $1.utf8.count } > Self.maximumURLBytes
        let words = isLong ? Array(argv.map(Self.quoted).joined(separator: " ").utf8) : []
        let head = [
            "/bin/sh", "-c", Self.script, "sh", marker, String(seconds), directory, mergesStderr ? "1" : "0",
            String(words.count), String(stdin.count),
        ]
        let input = words + stdin
        return (isLong ? head : head + argv, input.isEmpty ? nil : input)
    }

    /// A word of POSIX sh that means exactly `text`.
    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    /// $1 marker, $2 seconds, $3 directory, $4 whether stderr is merged, $5 bytes of stdin that are the argv, $6 bytes
    /// of stdin that are the command's; then the argv.
    ///
    /// - `exec` in `go` keeps `$!` the process that `setsid` made a group leader, so that the whole group can be ended:
    ///   busybox' `timeout` signals only its child. A background job's stdin is /dev/null unless it is redirected.
    /// - `timeout` of busybox before 1.34 has no `-k`. Its `head` reads more than it prints, `dd bs=1` does not.
    /// - A TERM to this shell (from the daemon, when the caller has gone) ends the group.
    private static let script = #"""
        m=$1 t=$2 d=$3 g=$4 a=$5 n=$6; shift 6
        printf '%sstart %d\n' "$m" "$$" || exit
        if [ "$a" -gt 0 ]; then
        if [ "$n" -gt 0 ]; then a=$(dd bs=1 count="$a" 2>/dev/null); else a=$(head -c "$a"); fi
        eval "set -- $a"
        fi
        fin() { printf '%s%s\n' "$m" "$1"; printf '%send\n' "$m" >&2; }
        cd "$d" 2>/dev/null || { fin cd; exit; }
        s= k=
        command -v setsid >/dev/null 2>&1 && s=setsid
        timeout -k 1 1 true 2>/dev/null && k='-k 2'
        go() { [ "$g" = 1 ] && exec 2>&1; exec $s timeout $k "$t" "$@"; }
        trap 'trap "" TERM; kill -TERM -$p || kill -TERM $p; sleep 2; kill -KILL -$p; exit' TERM
        if [ "$n" -gt 0 ]; then exec 3<&0; head -c "$n" <&3 | go "$@" 3<&- & else go "$@" </dev/null & fi
        p=$!
        { wait $p; } 2>/dev/null; r=$?
        case $r in 124|137|143) kill -KILL -$p 2>/dev/null;; esac
        fin "exit $r"
        """#
}
