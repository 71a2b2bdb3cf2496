/// The body of `ShellGrepScript`, parsed.
struct ShellMatches {
    private(set) var matches: [GrepMatch] = []
    private(set) var unreadable: [[UInt8]] = []
    /// A line was over the bound of one line.
    private(set) var hasCutLine = false
    /// Everything was there, and no line was cut.
    private(set) var isComplete = false

    /// Parses all whole lines; what is cut off at the end is left out. Nil for what no script of ours prints.
    ///
    /// `prefix` is what the script puts before the path below the root, `root` what belongs there.
    init?(_ bytes: [UInt8], prefix: [UInt8] = [], root: [UInt8] = []) {
        var rest = bytes[...]
        var path: [UInt8]?
        var hasEnd = false
        while let first = rest.first {
            switch first {
            case UInt8(ascii: "/"):
                guard let cut = ByteSplitting.lineEnd(in: rest) else { return }
                path = Self.clean(rest[..<cut.start], prefix, root)
                rest = rest[cut.end...]
            case UInt8(ascii: "!"):
                guard let cut = ByteSplitting.lineEnd(in: rest) else { return }
                unreadable.append(Self.clean(rest.dropFirst()[..<cut.start], prefix, root))
                rest = rest[cut.end...]
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return }
                guard let path, let colon = rest[..<end].firstIndex(of: UInt8(ascii: ":")),
                    let number = Int(String(decoding: rest[..<colon], as: UTF8.self))
                else { return nil }
                let line = rest[(colon + 1)..<end]
                if line.count > FileLimits.maximumMatchLineBytes { hasCutLine = true }
                matches.append(
                    GrepMatch(
                        path: path, lineNumber: number, line: Array(line.prefix(FileLimits.maximumMatchLineBytes))))
                rest = rest[(end + 1)...]
            case UInt8(ascii: "."):
                guard rest.count >= 2 else { return }
                guard rest.count == 2, rest.last == UInt8(ascii: "\n") else { return nil }
                hasEnd = true
                rest = rest.dropFirst(2)
            default: return nil
            }
        }
        isComplete = hasEnd && !hasCutLine
    }

    /// `/root/./a` is `/root/a`, and `/root/.` the root itself.
    private static func clean(_ path: ArraySlice<UInt8>, _ prefix: [UInt8], _ root: [UInt8]) -> [UInt8] {
        guard !prefix.isEmpty, path.starts(with: prefix) else { return Array(path) }
        let below = path.dropFirst(prefix.count).drop { $0 == UInt8(ascii: "/") }
        return below.isEmpty ? root : SandboxPath.join(root, Array(below))
    }
}
