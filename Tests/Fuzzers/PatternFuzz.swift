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
        let first = subject.withUnsafeBytes(expression.matches)
        let second = subject.withUnsafeBytes(expression.matches)
        precondition(first == second, "the same line matches once and not again")
        // glibc loses anchors that are repeated, and takes long for long lines.
        guard subject.count <= 64, !pattern.utf8.contains(where: "^$\\".utf8.contains) else { return }
        let reference = try? CompiledExpression(pattern)
        precondition(
            reference.map { subject.withUnsafeBytes($0.matches) } == first, "glibc finds something else")
    }

    private static func parts(_ bytes: [UInt8]) -> (pattern: [UInt8], subject: [UInt8]) {
        let pattern = bytes.prefix { $0 != 0 }
        return (Array(pattern), Array(bytes.dropFirst(pattern.count + 1)))
    }
}
