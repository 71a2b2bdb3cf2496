import SandboxCore

/// The first 100 000 bytes of a command's merged output, as text that is no longer than that either.
struct CappedOutput: Sendable {
    private static let replacement: Unicode.Scalar = "\u{FFFD}"

    private var bytes: [UInt8] = []
    private var isCut = false

    mutating func append(_ more: [UInt8]) {
        let room = ExecuteResult.maximumOutputBytes &- bytes.count
        if more.count > room { isCut = true }
        bytes += more.prefix(room)
    }

    func result(exitCode: Int, isTruncated: Bool = false, timedOut: Bool = false) -> ExecuteResult {
        var scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        // A character that the cut has split: up to three bytes of it, each a replacement character by now.
        if isCut { for _ in 0..<3 where scalars.last == Self.replacement { scalars.removeLast() } }
        var count = scalars.reduce(0) { $0 &+ UTF8.width($1) }
        let isLonger = count > ExecuteResult.maximumOutputBytes
        while count > ExecuteResult.maximumOutputBytes, let last = scalars.popLast() { count &-= UTF8.width(last) }
        return ExecuteResult(
            output: String(scalars), exitCode: exitCode, truncated: isCut || isLonger || isTruncated,
            timedOut: timedOut)
    }
}
