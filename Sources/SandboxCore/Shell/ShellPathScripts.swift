/// Scripts about one path, whatever it is.
enum ShellPathScripts {
    /// Sets `$e` to what a command says, and leaves with the status that it means when it fails.
    private static func attempt(_ command: String) -> String {
        #"""
        e=$(\#(command) 2>&1) || case $e in
        *'File exists') finish exists ;;
        *'not empty') finish not_empty ;;
        *) fail "$e" ;;
        esac
        """#
    }

    /// Five digits: with fewer, GNU keeps a directory's setgid bit, which it inherits in a volume with an fsGroup.
    private static func exact(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
    }

    /// Leaves where there is nothing, not even a symlink.
    private static let gate = #"""
        if ! [ -e "$p" ] && ! [ -L "$p" ]; then
        e=$(stat -c %s "$p" 2>&1) || case $e in *'Not a directory') finish not_found ;; *) fail "$e" ;; esac
        fi
        """#

    /// Fields: mode in hexadecimal, size, modification time, user and group. Body: what a symlink says.
    static func stat(_ path: [UInt8], followsLink: Bool) -> ShellScript {
        var script = ShellScript(tools: "stat readlink head base64")
        script.assign("p", path)
        script.add(
            #"""
            e=$(stat \#(followsLink ? "-L" : "") -c '%f %s %Y %u %g' "$p" 2>&1) || case $e in
            *'Not a directory') finish not_found ;;
            *) fail "$e" ;;
            esac
            reply ok $e
            \#(followsLink ? "" : #"if [ -L "$p" ]; then readlink -n "$p" | base64; fi"#)
            reply end
            """#)
        return script
    }

    static func makeDirectory(_ path: [UInt8], mode: UInt32?, withParents: Bool) -> ShellScript {
        var script = ShellScript(tools: "mkdir head base64")
        script.assign("p", path)
        if withParents {
            script.add(
                #"""
                if [ -d "$p" ]; then finish ok; fi
                q=${p%/}
                d=${q%/*}
                if [ -n "$d" ]; then e=$(mkdir -p "$d" 2>&1) || fail "$e"; fi
                """#)
        }
        script.add(attempt("mkdir \(mode.map { "-m \(exact($0))" } ?? "") \"$p\""))
        script.add("finish ok")
        return script
    }

    static func remove(_ path: [UInt8], recursively: Bool) -> ShellScript {
        var script = ShellScript(tools: "rm rmdir stat head base64")
        script.assign("p", path)
        script.add(gate)
        script.add(
            #"""
            if [ -d "$p" ] && ! [ -L "$p" ]; then
            \#(attempt(recursively ? #"rm -rf "$p""# : #"rmdir "$p""#))
            else
            \#(attempt(#"rm -f "$p""#))
            fi
            finish ok
            """#)
        return script
    }

    /// `mv` would move into a directory that is there: what may be replaced is looked at before.
    static func move(_ path: [UInt8], to target: [UInt8], replaces: Bool) -> ShellScript {
        var script = ShellScript(tools: "mv rm rmdir stat head base64")
        script.assign("p", path)
        script.assign("t", target)
        script.add(gate)
        script.add(
            #"""
            d=${t%/}
            d=${d%/*}
            if ! [ -d "$d/" ]; then finish target_not_found; fi
            if [ -e "$t" ] || [ -L "$t" ]; then
            if [ -z "\#(replaces ? "1" : "")" ]; then finish target_exists; fi
            if [ -L "$t" ]; then \#(attempt(#"rm -f "$t""#))
            elif [ -d "$t" ]; then
            if [ -L "$p" ] || ! [ -d "$p" ]; then finish target_is_directory; fi
            e=$(rmdir "$t" 2>&1) || case $e in *'not empty') finish target_not_empty ;; *) fail "$e" ;; esac
            elif [ -d "$p" ] && ! [ -L "$p" ]; then finish target_not_directory
            fi
            fi
            \#(attempt(#"mv -f "$p" "$t""#))
            finish ok
            """#)
        return script
    }

    static func changeMode(_ path: [UInt8], to mode: UInt32) -> ShellScript {
        var script = ShellScript(tools: "chmod stat head base64")
        script.assign("p", path)
        script.add(
            #"""
            if ! [ -e "$p" ]; then
            e=$(stat -L -c %s "$p" 2>&1) || case $e in *'Not a directory') finish not_found ;; *) fail "$e" ;; esac
            fi
            """#)
        script.add(attempt("chmod \(exact(mode)) \"$p\""))
        script.add("finish ok")
        return script
    }

    /// Body: the path.
    static func realPath(_ path: [UInt8]) -> ShellScript {
        var script = ShellScript(tools: "readlink stat head base64")
        script.assign("p", path)
        script.add(
            #"""
            e=$(stat -L -c %s "$p" 2>&1) || fail "$e"
            reply ok
            readlink -n -f "$p" | base64
            reply end
            """#)
        return script
    }
}
