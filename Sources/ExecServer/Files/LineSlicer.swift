import Glibc
import SandboxCore

/// Cuts a range of lines out of a file that goes by in blocks, and counts all lines.
struct LineSlicer {
    let path: SandboxPath
    /// 0-based.
    let lines: Range<Int>
    private var slice: [UInt8] = []
    private var line = 0
    private var position: Int64 = 0
    private var endsWithNewline = true

    init(path: SandboxPath, lines: Range<Int>) {
        self.path = path
        self.lines = lines
    }

    mutating func take(_ block: UnsafeRawBufferPointer) throws(SandboxError) {
        guard let last = block.last else { return }
        try checkText(block)
        var start = 0
        while start < block.count {
            let rest = UnsafeRawBufferPointer(rebasing: block[start...])
            let newline = rest.firstNewline
            let end = newline.map { start + $0 + 1 } ?? block.count
            if lines.contains(line) {
                guard slice.count + end - start <= FileLimits.maximumReadBytes else {
                    throw .file(
                        .tooLarge,
                        "'\(path)': these lines are over the limit of \(FileLimits.maximumReadBytes) bytes; "
                            + "read fewer lines, or read it as bytes")
                }
                slice.append(contentsOf: block[start..<end])
            }
            if newline != nil { line += 1 }
            start = end
        }
        endsWithNewline = last == UInt8(ascii: "\n")
        position += Int64(block.count)
    }

    func finish() -> RawLines { RawLines(bytes: slice, totalLines: endsWithNewline ? line : line + 1) }

    private func checkText(_ block: UnsafeRawBufferPointer) throws(SandboxError) {
        let probe = Int64(FileLimits.binaryProbeBytes) - position
        guard probe > 0 else { return }
        guard !block.prefix(Int(probe)).contains(0) else { throw .binaryFile(path) }
    }
}

extension UnsafeRawBufferPointer {
    /// memchr(3): far faster than a loop over the bytes.
    var firstNewline: Int? {
        guard let base = baseAddress, let found = memchr(base, 0x0A, count) else { return nil }
        return base.distance(to: UnsafeRawPointer(found))
    }
}
