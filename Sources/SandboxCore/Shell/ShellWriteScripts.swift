/// Scripts that replace one file through a temporary file in its directory.
///
/// A small file takes one script: `whole`. A large one takes `begin`, as many `append` as it needs, and `commit`; each
/// step checks the size so far, so that a piece that came twice or not at all is an error and never a wrong file.
enum ShellWriteScripts {
    private static let tools = "stat chmod mv mkdir rm wc cat head readlink base64 sha256sum"

    /// Follows symlinks, makes parents, refuses what may not be replaced; then `$p` is the target, `$t` the temporary.
    private static func target(_ temporaryName: String) -> String {
        #"""
        n=0
        while [ -L "$p" ]; do
        n=$((n + 1))
        if [ $n -gt \#(FileLimits.maximumSymlinks) ]; then finish loop; fi
        l=$(readlink -n "$p" && printf x) || finish not_found
        l=${l%x}
        case $l in /*) p=$l ;; *) p=${p%/*}/$l ;; esac
        done
        case $p in */|*/.|*/..) finish is_directory ;; esac
        if [ -d "$p" ]; then finish is_directory; fi
        d=${p%/*}
        d=${d:-/}
        if [ -e "$p" ]; then
        if ! [ -f "$p" ]; then finish not_regular; fi
        if ! [ -w "$p" ]; then finish permission_denied; fi
        else
        e=$(mkdir -p "$d" 2>&1) || fail "$e"
        fi
        t=$d/\#(temporaryName)
        """#
    }

    /// Never readable by more than the target is; `set -C` opens with O_EXCL.
    private static func create(mode: UInt32?) -> String {
        #"""
        if [ -e "$p" ] || [ -n "\#(mode == nil ? "" : "1")" ]; then umask 077; fi
        e=$( (set -C; : > "$t") 2>&1) || fail "$e"
        """#
    }

    private static func data(_ bytes: ArraySlice<UInt8>, at offset: Int) -> String {
        guard !bytes.isEmpty else { return "" }
        let text = String(decoding: Base64.encode(bytes), as: UTF8.self)
        // cat, since it reports a full disk in every image.
        return #"""
            if [ $(($(wc -c < "$t"))) -ne \#(offset) ]; then rm -f "$t"; finish short; fi
            e=$(printf '%s' '\#(text)' | base64 -d | cat 2>&1 >> "$t") || { rm -f "$t"; fail "$e"; }
            if [ $(($(wc -c < "$t"))) -ne \#(offset + bytes.count) ]; then rm -f "$t"; finish short; fi
            """#
    }

    private static func dataFromInput(_ count: Int) -> String {
        guard count > 0 else { return "" }
        return #"""
            e=$(head -c \#(count) | cat 2>&1 >> "$t") || { rm -f "$t"; fail "$e"; }
            """#
    }

    private static func place(size: Int, mode: UInt32?, expected: String?) -> String {
        var text = #"""
            if [ $(($(wc -c < "$t"))) -ne \#(size) ]; then rm -f "$t"; finish short; fi
            if [ -d "$p" ]; then rm -f "$t"; finish is_directory; fi
            if [ -e "$p" ]; then
            chown "$(stat -c %u:%g "$p")" "$t"
            m=$(stat -c %a "$p")
            e=$(chmod "$m" "$t" 2>&1) || { rm -f "$t"; fail "$e"; }
            fi

            """#
        if let mode {
            let digits = String(mode, radix: 8)
            text += #"e=$(chmod 0\#(digits) "$t" 2>&1) || { rm -f "$t"; fail "$e"; }"# + "\n"
        }
        if let expected {
            text += #"""
                s=$(sha256sum < "$p")
                if [ "${s%% *}" != '\#(expected)' ]; then rm -f "$t"; finish changed; fi

                """#
        }
        return text + #"""
            e=$(mv -f "$t" "$p" 2>&1) || { rm -f "$t"; fail "$e"; }
            finish ok \#(size)
            """#
    }

    /// `expected` is the SHA-256, in hexadecimal, of the contents that are to be replaced, and of no others.
    ///
    /// All in one; the contents come with the script, or through stdin when `fromInput`.
    static func whole(
        _ path: [UInt8], contents: [UInt8], fromInput: Bool, mode: UInt32?, expected: String?, temporaryName: String
    ) -> ShellScript {
        var script = ShellScript(tools: tools)
        script.assign("p", path)
        script.add(target(temporaryName))
        script.add(create(mode: mode))
        script.add(fromInput ? dataFromInput(contents.count) : data(contents[...], at: 0))
        script.add(place(size: contents.count, mode: mode, expected: expected))
        return script
    }

    /// Body: the temporary file's path, a NUL, the target's path.
    static func begin(_ path: [UInt8], mode: UInt32?, temporaryName: String) -> ShellScript {
        var script = ShellScript(tools: tools)
        script.assign("p", path)
        script.add(target(temporaryName))
        script.add(create(mode: mode))
        script.add(#"reply ok; printf '%s\0%s' "$t" "$p" | base64; reply end"#)
        return script
    }

    static func append(_ bytes: ArraySlice<UInt8>, at offset: Int, to temporary: [UInt8]) -> ShellScript {
        var script = ShellScript(tools: tools)
        script.assign("t", temporary)
        script.add(data(bytes, at: offset))
        script.add("finish ok")
        return script
    }

    /// The bytes come through stdin.
    static func append(inputOf count: Int, at offset: Int, to temporary: [UInt8]) -> ShellScript {
        var script = ShellScript(tools: tools)
        script.assign("t", temporary)
        script.add(
            #"""
            if [ $(($(wc -c < "$t"))) -ne \#(offset) ]; then rm -f "$t"; finish short; fi
            \#(dataFromInput(count))
            if [ $(($(wc -c < "$t"))) -ne \#(offset + count) ]; then rm -f "$t"; finish short; fi
            finish ok
            """#)
        return script
    }

    static func commit(
        temporary: [UInt8], target: [UInt8], size: Int, mode: UInt32?, expected: String?
    ) -> ShellScript {
        var script = ShellScript(tools: tools)
        script.assign("t", temporary)
        script.assign("p", target)
        script.add(place(size: size, mode: mode, expected: expected))
        return script
    }

    static func drop(_ temporary: [UInt8]) -> ShellScript {
        var script = ShellScript(tools: "rm")
        script.assign("t", temporary)
        script.add(#"rm -f "$t"; finish ok"#)
        return script
    }
}
