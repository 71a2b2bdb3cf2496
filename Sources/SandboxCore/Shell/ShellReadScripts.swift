/// Scripts that read one file.
enum ShellReadScripts {
    static let tools = "stat head tail dd tr wc base64"

    /// Leaves for everything but a readable regular file.
    static let gate = """
        if [ -d "$p" ]; then finish is_directory; fi
        if ! [ -f "$p" ]; then
        if [ -e "$p" ]; then finish not_regular; fi
        e=$(stat -L -c %s "$p" 2>&1) || case $e in *'Not a directory') finish not_found ;; *) fail "$e" ;; esac
        fi
        if ! [ -r "$p" ]; then finish permission_denied; fi
        """

    static func exists(_ path: [UInt8]) -> ShellScript {
        var script = ShellScript(tools: "")
        script.assign("p", path)
        script.add(#"if [ -f "$p" ]; then finish ok 1; else finish ok 0; fi"#)
        return script
    }

    /// Fields: device and inode as one word, size. Body: at most `length` bytes from `offset`.
    static func bytes(_ path: [UInt8], offset: Int64, length: Int) -> ShellScript {
        var script = ShellScript(tools: tools)
        script.assign("p", path)
        script.add(gate)
        script.add(
            #"""
            e=$(stat -L -c '%d:%i %s' "$p" 2>&1) || fail "$e"
            reply ok $e
            """#)
        // dd(1) seeks where tail(1) of busybox would read from the start; its blocks are the smallest unit.
        let block: Int64 = 4096
        let inBlock = offset % block
        let blocks = (inBlock + Int64(length) + block - 1) / block
        if length > 0 {
            script.add(
                #"dd if="$p" bs=\#(block) skip=\#(offset / block) count=\#(blocks) | tail -c +\#(inBlock + 1) "#
                    + "| head -c \(length) | base64")
        }
        script.add("reply end")
        return script
    }

    /// Fields: device and inode, newlines in the file, newlines in its last byte (0 or 1), size, where the slice starts
    /// and where it ends in bytes. Body: the slice's first `page` bytes.
    static func lines(_ path: [UInt8], offset: Int, limit: Int, page: Int) -> ShellScript {
        // What a 32-bit busybox takes; no file that fits the bounds has more lines.
        let most = 2_000_000_000
        let start = min(offset, most)
        let end = start + min(limit, most - start)
        var script = ShellScript(tools: tools)
        script.assign("p", path)
        script.add(gate)
        script.add(
            #"""
            n=$(head -c \#(FileLimits.binaryProbeBytes) "$p" | tr -dc '\000' | wc -c)
            if [ $((n)) -ne 0 ]; then finish binary; fi
            i=$(stat -L -c '%d:%i' "$p" 2>&1) || fail "$i"
            n=$(wc -l < "$p")
            l=$(tail -c 1 "$p" | wc -l)
            s=$(wc -c < "$p")
            a=$(head -n \#(start) "$p" | wc -c)
            b=$(head -n \#(end) "$p" | wc -c)
            k=$((b - a))
            if [ $k -gt \#(page) ]; then k=\#(page); fi
            reply ok $i $((n)) $((l)) $((s)) $((a)) $((b))
            if [ $k -gt 0 ]; then tail -c +$((a + 1)) "$p" | head -c $k | base64; fi
            reply end
            """#)
        return script
    }
}
