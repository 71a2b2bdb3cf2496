/// Scripts of uploads and downloads, beyond those that write and read a file.
enum ShellTransferScripts {
    /// Field: the SHA-256 of a file, in hexadecimal.
    static func digest(_ path: [UInt8]) -> ShellScript {
        var script = ShellScript(tools: "sha256sum stat head base64")
        script.assign("p", path)
        script.add(ShellReadScripts.gate)
        script.add(#"s=$(sha256sum < "$p"); finish ok "${s%% *}""#)
        return script
    }

    /// Unpacks an archive into a directory, which is made where it is not there, and removes the archive.
    static func unpack(_ archive: [UInt8], into directory: [UInt8]) -> ShellScript {
        var script = ShellScript(tools: "tar mkdir rm head base64")
        script.assign("t", archive)
        script.assign("p", directory)
        script.add(
            #"""
            e=$(mkdir -p "$p" 2>&1) || { rm -f "$t"; fail "$e"; }
            e=$(tar -xpf "$t" -C "$p" 2>&1) || { rm -f "$t"; tell failed "$e"; }
            rm -f "$t"
            finish ok
            """#)
        return script
    }

    /// Where an archive waits until it is whole: beside the directory, or in it where it has no other place. Body: the
    /// path.
    static func archive(beside directory: [UInt8], temporaryName: String) -> ShellScript {
        var script = ShellScript(tools: "mkdir head base64")
        script.assign("p", directory)
        script.add(
            #"""
            if [ -e "$p" ] && ! [ -d "$p" ]; then finish not_directory; fi
            d=$p
            if ! [ -d "$d" ]; then d=${p%/}; d=${d%/*}; fi
            e=$(mkdir -p "$d/" 2>&1) || fail "$e"
            t=${d%/}/\#(temporaryName)
            umask 077
            e=$( (set -C; : > "$t") 2>&1) || fail "$e"
            reply ok; printf %s "$t" | base64; reply end
            """#)
        return script
    }

    /// Packs a directory to stdout, bare: not in the form of a reply. Exits with 3 for what is no directory, 4 without
    /// tar(1).
    static func pack(_ directory: [UInt8]) -> String {
        var script = ShellScript(tools: "")
        script.assign("p", directory)
        return script.text + #"""
            command -v tar >/dev/null || exit 4
            [ -d "$p" ] || exit 3
            cd "$p" || exit 3
            exec tar -cf - .
            """#
    }
}
