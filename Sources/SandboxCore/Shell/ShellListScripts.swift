/// Scripts that list files. Their bodies are rows `<path>//<mode in hex> <size> <mtime>//` and a newline, then `.` on its
/// own: a path is absolute and has no double slash, so that any name is told apart, newlines included.
enum ShellListScripts {
    private static let tools = "find stat tail head base64"
    private static let format = "'%n//%f %s %Y//'"

    /// A part of the body: `length` bytes from `offset`.
    struct Page {
        let offset: Int
        let length: Int

        var filter: String {
            offset == 0 ? "head -c \(length) | base64" : "tail -c +\(offset + 1) | head -c \(length) | base64"
        }
    }

    /// Rows of the directory, or of what else it is; after a `+` on its own, the rows again of the symlinks among them
    /// that lead somewhere, for what they lead to. Field: 1 for a directory.
    static func list(_ path: [UInt8], page: Page) -> ShellScript {
        var script = ShellScript(tools: tools)
        script.assign("p", path)
        script.add(
            #"""
            rows() {
            if [ -d "$p" ]; then
            find "${p%/}/" -mindepth 1 -maxdepth 1 -exec stat -c \#(format) {} +
            echo +
            find "${p%/}/" -mindepth 1 -maxdepth 1 -type l -exec stat -L -c \#(format) {} +
            else
            stat -c \#(format) "$p"
            echo +
            if [ -L "$p" ]; then stat -L -c \#(format) "$p"; fi
            fi
            echo .
            }
            if [ -d "$p" ]; then
            if ! [ -r "$p" ] || ! [ -x "$p" ]; then finish permission_denied; fi
            reply ok 1
            else
            e=$(stat -c %s "$p" 2>&1) || case $e in *'Not a directory') finish not_found ;; *) fail "$e" ;; esac
            reply ok 0
            fi
            rows | \#(page.filter)
            reply end
            """#)
        return script
    }

    /// Rows of the regular files below a directory whose name matches one of `nameFilters`.
    static func files(_ root: [UInt8], nameFilters: [String]?, page: Page) -> ShellScript {
        var script = ShellScript(tools: tools)
        script.assign("p", root)
        script.add(rootGate)
        script.add(
            #"""
            reply ok
            { find "${p%/}/" -type f \#(condition(nameFilters)) -exec stat -c \#(format) {} +; echo .; } | \#(page.filter)
            reply end
            """#)
        return script
    }

    /// Leaves for everything but a readable directory.
    static let rootGate = """
        if ! [ -d "$p" ]; then
        if [ -e "$p" ]; then finish not_directory; fi
        e=$(stat -L -c %s "$p" 2>&1) || case $e in *'Not a directory') finish not_found ;; *) fail "$e" ;; esac
        finish not_found
        fi
        if ! [ -r "$p" ]; then finish permission_denied; fi
        """

    static func condition(_ nameFilters: [String]?) -> String {
        guard let nameFilters else { return "" }
        return #"\( "# + nameFilters.map { "-name \(ShellQuoting.quoted($0))" }.joined(separator: " -o ") + #" \)"#
    }
}
