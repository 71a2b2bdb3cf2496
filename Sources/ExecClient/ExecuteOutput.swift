import SandboxCore

/// The merged output of `execute`: the first 100 000 bytes; the rest is counted as truncated and dropped.
struct ExecuteOutput {
    private var bytes: [UInt8] = []
    private var isTruncated = false

    mutating func append(_ more: [UInt8]) {
        let room = ExecuteResult.maximumOutputBytes &- bytes.count
        bytes += more.prefix(room)
        if more.count > room { isTruncated = true }
    }

    func result(_ outcome: RunOutcome) -> ExecuteResult {
        let (text, isCut) = text
        let exitCode =
            switch outcome {
            case .exited(let code): code
            case .signalled(let signal): 128 &+ Int(signal)
            case .timedOut: ExecuteResult.timedOutExitCode
            // SIGKILL, by whoever sent it.
            case .outputLimited, .oomKilled: 128 &+ 9
            }
        return ExecuteResult(
            output: text, exitCode: exitCode, truncated: isTruncated || isCut || outcome == .outputLimited,
            timedOut: outcome == .timedOut)
    }

    /// U+FFFD is three bytes for every byte that is not UTF-8, so the text is measured again; no character is split.
    private var text: (String, isCut: Bool) {
        var text = String(decoding: isTruncated ? bytes[..<wholeCharacters] : bytes[...], as: UTF8.self)
        guard text.utf8.count > ExecuteResult.maximumOutputBytes else { return (text, false) }
        var scalars = text.unicodeScalars[...]
        var count = scalars.utf8Count
        while count > ExecuteResult.maximumOutputBytes, let last = scalars.popLast() { count &-= UTF8.width(last) }
        text = String(scalars)
        return (text, true)
    }

    /// Where the bytes end without the first part of a character whose rest was dropped.
    private var wholeCharacters: Int {
        let lastFour = max(0, bytes.count &- 4)
        // The lead byte of the last character (RFC 3629, section 3) and how many bytes it announces.
        guard let lead = bytes[lastFour...].lastIndex(where: { $0 & 0xC0 != 0x80 }) else { return bytes.count }
        let announced =
            switch bytes[lead] {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        return lead &+ announced > bytes.count ? lead : bytes.count
    }
}

extension Substring.UnicodeScalarView {
    fileprivate var utf8Count: Int { reduce(0) { $0 &+ UTF8.width($1) } }
}
