/// The script that searches files. Its body has, for each file with matches, a line `<path>//` and then lines
/// `<number>:<line>`; `!<path>//` for what could not be read; `.` on its own at the end. Paths are absolute and without
/// a double slash, so that any name is told apart.
enum ShellGrepScript {
    /// One grep for many files, since a process for each would be slow; only files with matches get their own. A count
    /// for each file in order comes without names (`-h`), so that no name can be mistaken; if there are fewer counts
    /// than files, one could not be read, and they are searched one by one.
    private static func batch(limit: Int) -> String {
        #"""
        show() {
        n=$(head -c \#(FileLimits.binaryProbeBytes) "$1" | tr -dc "\000" | wc -c)
        if [ $((n)) -ne 0 ]; then return 0; fi
        printf "%s//\n" "$1"
        grep -a -n -E -e "$PODKEEPER_E" "$1" | cut -b 1-\#(FileLimits.maximumMatchLineBytes + 20) | head -n \#(limit + 1)
        }
        c=$(grep -a -h -c -E -e "$PODKEEPER_E" "$@")
        n=0
        for k in $c; do n=$((n + 1)); done
        if [ $n -eq $# ]; then
        for k in $c; do
        if [ $k -gt 0 ]; then show "$1"; fi
        shift
        done
        else
        for f do
        if [ -r "$f" ]; then
        if grep -a -q -E -e "$PODKEEPER_E" "$f"; then show "$f"; fi
        elif [ -e "$f" ]; then printf "!%s//\n" "$f"
        fi
        done
        fi
        """#
    }

    private static let directories = #"""
        for d do if ! [ -r "$d" ] || ! [ -x "$d" ]; then printf "!%s//\n" "$d"; fi; done
        """#

    /// Field: 1 when the root is a directory; then paths start with the root and `/./`.
    static func search(
        _ root: [UInt8], pattern: String, ignoresHidden: Bool, nameFilters: [String]?, limit: Int, length: Int
    ) -> ShellScript {
        var script = ShellScript(tools: "find stat grep head tr cut wc base64")
        script.assign("p", root)
        script.assign("PODKEEPER_E", Array(pattern.utf8))
        let quotedBatch = ShellQuoting.quoted(batch(limit: limit))
        // The root is `dir/.`, so that the rule for hidden names never sees its own name.
        let hidden = ignoresHidden ? "-name '.?*' -prune -o" : ""
        let condition = ShellListScripts.condition(nameFilters)
        script.add(
            #"""
            export PODKEEPER_E
            e=$(echo | grep -E -e "$PODKEEPER_E" 2>&1 >/dev/null)
            if [ $? -gt 1 ]; then tell bad_pattern "$e"; fi
            if [ -f "$p" ]; then
            if ! [ -r "$p" ]; then finish permission_denied; fi
            reply ok 0
            { sh -c \#(quotedBatch) sh "$p"; echo .; } | head -c \#(length) | base64
            reply end
            exit 0
            fi
            if [ -e "$p" ] && ! [ -d "$p" ]; then finish not_regular; fi
            \#(ShellListScripts.rootGate)
            reply ok 1
            {
            find "${p%/}/." \#(hidden) -type d -exec sh -c '\#(directories)' sh {} + \
            -o -type f \#(condition) -exec sh -c \#(quotedBatch) sh {} +
            echo .
            } | head -c \#(length) | base64
            reply end
            """#)
        return script
    }
}
