import Glibc
import SandboxCore

@testable import ExecServer

/// Inputs are a pattern, a NUL and what it is compared with.
enum PatternFuzz {
    static func glob(_ bytes: [UInt8]) {
        let (text, subject) = parts(bytes)
        guard !subject.contains(0), let pattern = try? GlobPattern(bytes: text) else { return }
        let names = subject.split(separator: UInt8(ascii: "/")).map(Array.init)
        guard pattern.matches(Array(names.joined(separator: [UInt8(ascii: "/")]))), let last = names.last else {
            return
        }
        // What a walker skips must not match.
        var position = pattern.start(root: [UInt8(ascii: "/")])
        for name in names {
            precondition(pattern.canContinue(position), "a match is below a directory that nobody enters")
            position = pattern.advance(position, name: name)
        }
        if let filters = pattern.nameFilters {
            let name = last.map { CChar(bitPattern: $0) } + [0]
            precondition(filters.contains { fnmatch($0, name, 0) == 0 }, "find -name would not see a match")
        }
    }

    static func regex(_ bytes: [UInt8]) {
        let (text, subject) = parts(bytes)
        guard let pattern = String(validating: text, as: UTF8.self),
            let expression = try? ExtendedRegularExpression(pattern)
        else { return }
        let first = try? subject.withUnsafeBytes(expression.matches)
        let second = try? subject.withUnsafeBytes(expression.matches)
        precondition(first == second, "the same line matches once and not again")
    }

    private static func parts(_ bytes: [UInt8]) -> (pattern: [UInt8], subject: [UInt8]) {
        let pattern = bytes.prefix { $0 != 0 }
        return (Array(pattern), Array(bytes.dropFirst(pattern.count + 1)))
    }
}
