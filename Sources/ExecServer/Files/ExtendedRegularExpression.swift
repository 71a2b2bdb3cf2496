import Glibc
import SandboxCore

/// A POSIX extended regular expression as regcomp(3) understands it, on bytes: nothing ever calls setlocale(3) here.
///
/// Not for several threads at once: regexec(3) locks the expression and caches what it learns about it.
final class ExtendedRegularExpression {
    /// glibc keeps every state it ever reached; starting anew after this many bytes bounds that.
    private static let bytesBeforeRecompiling = 1 << 18

    /// Longer lines are not searched beyond this: one call of regexec(3) cannot be interrupted, and a large expression
    /// on a long line takes seconds. 1 MiB for most, 64 KiB for the largest.
    let maximumLineBytes: Int
    private let pattern: String
    private let compiled: UnsafeMutablePointer<regex_t>
    private var searched = 0

    /// Throws `invalid` with the engine's own word about the pattern.
    init(_ pattern: String) throws(SandboxError) {
        let size = try GrepPattern.check(pattern)
        let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        compiled.initialize(to: regex_t())
        let code = regcomp(compiled, pattern, REG_EXTENDED | REG_NOSUB)
        guard code == 0 else {
            let text = Self.text(of: code, compiled)
            compiled.deallocate()
            throw .invalid("pattern '\(pattern)' is not an extended regular expression: \(text)")
        }
        // Only now: what has all its members is freed by deinit, and regfree(3) must see no failed expression.
        self.maximumLineBytes = max(1 << 16, min(1 << 20, (1 << 26) / size))
        self.pattern = pattern
        self.compiled = compiled
    }

    deinit {
        regfree(compiled)
        compiled.deallocate()
    }

    /// Whether the line, without its newline, has a match.
    func matches(_ line: UnsafeRawBufferPointer) throws(SandboxError) -> Bool {
        searched += line.count
        if searched > Self.bytesBeforeRecompiling { try recompile() }
        // REG_STARTEND: the line is as long as it says, with or without a NUL.
        var range = regmatch_t(rm_so: 0, rm_eo: regoff_t(clamping: line.count))
        let empty: [CChar] = [0]
        let code = empty.withUnsafeBufferPointer { empty in
            let start = line.baseAddress?.assumingMemoryBound(to: CChar.self) ?? empty.baseAddress
            return start.map { regexec(compiled, $0, 1, &range, REG_STARTEND) } ?? Int32(_REG_NOMATCH.rawValue)
        }
        switch code {
        case 0: return true
        case Int32(_REG_NOMATCH.rawValue): return false
        default: throw .invalid("pattern '\(pattern)': \(Self.text(of: code, compiled))")
        }
    }

    private func recompile() throws(SandboxError) {
        searched = 0
        var fresh = regex_t()
        let code = regcomp(&fresh, pattern, REG_EXTENDED | REG_NOSUB)
        guard code == 0 else { throw .invalid("pattern '\(pattern)': \(Self.text(of: code, compiled))") }
        regfree(compiled)
        compiled.pointee = fresh
    }

    private static func text(of code: Int32, _ expression: UnsafePointer<regex_t>) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        _ = regerror(code, expression, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
