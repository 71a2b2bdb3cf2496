import Glibc
import SandboxCore

/// An extended regular expression as regcomp(3) compiled it, on bytes: nothing ever calls setlocale(3) here.
///
/// For short patterns and texts: regcomp(3) takes years for some patterns with anchors, and what regexec(3) keeps grows
/// with the square of the text's length.
final class CompiledExpression {
    private let compiled: UnsafeMutablePointer<regex_t>

    /// Throws `invalid` with the engine's own word about the pattern.
    init(_ pattern: String) throws(SandboxError) {
        let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        compiled.initialize(to: regex_t())
        let code = regcomp(compiled, pattern, REG_EXTENDED | REG_NOSUB)
        guard code == 0 else {
            var buffer = [CChar](repeating: 0, count: 256)
            _ = regerror(code, compiled, &buffer, buffer.count)
            let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            compiled.deallocate()
            throw .invalid("pattern '\(pattern)' is not an extended regular expression: \(text)")
        }
        // Only now: what has all its members is freed by deinit, and regfree(3) must see no failed expression.
        self.compiled = compiled
    }

    deinit {
        regfree(compiled)
        compiled.deallocate()
    }

    /// Whether the text has a match somewhere. No where the engine has no memory for it.
    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        // REG_STARTEND: the text is as long as it says, with or without a NUL.
        var range = regmatch_t(rm_so: 0, rm_eo: regoff_t(clamping: text.count))
        let empty: [CChar] = [0]
        return empty.withUnsafeBufferPointer { empty in
            let start = text.baseAddress?.assumingMemoryBound(to: CChar.self) ?? empty.baseAddress
            return start.map { regexec(compiled, $0, 1, &range, REG_STARTEND) == 0 } ?? false
        }
    }
}
