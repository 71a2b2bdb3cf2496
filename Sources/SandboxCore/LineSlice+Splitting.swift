extension LineSlice {
    /// Splits raw lines; the last need not end with a newline. Throws `too_large` over `FileLimits.maximumReadLines`.
    package init(splitting bytes: [UInt8], totalLines: Int, path: SandboxPath) throws(SandboxError) {
        let newline = UInt8(ascii: "\n")
        var lines: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: newline) ?? bytes.count
            guard lines.count < FileLimits.maximumReadLines else {
                throw .file(
                    .tooLarge,
                    "'\(path)': more than \(FileLimits.maximumReadLines) lines at once; read fewer, or read it as bytes"
                )
            }
            lines.append(Array(bytes[start..<end]))
            start = end + 1
        }
        self.init(lines: lines, totalLines: totalLines)
    }
}
