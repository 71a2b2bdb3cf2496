/// The rows of `ShellListScripts`, parsed.
struct ShellRows {
    struct Row: Hashable {
        let path: [UInt8]
        /// `st_mode` of stat(2).
        let mode: UInt32
        let size: Int64
        let modifiedAt: Double

        var isDirectory: Bool { mode & 0o170000 == 0o040000 }
        var isRegular: Bool { mode & 0o170000 == 0o100000 }
        var isSymlink: Bool { mode & 0o170000 == 0o120000 }

        func entry(isSymlink: Bool) -> FileEntry {
            let name = path.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
            return FileEntry(
                name: name, path: path, isDirectory: isDirectory, isSymlink: isSymlink, size: isRegular ? size : nil,
                mode: mode & 0o7777, modifiedAt: modifiedAt)
        }
    }

    private(set) var rows: [Row] = []
    /// The rows after the `+`.
    private(set) var targets: [Row] = []
    /// The `.` at the end was there.
    private(set) var isComplete = false

    /// Parses all whole rows; a row that is cut off at the end is left out. Nil for what no script of ours prints.
    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        var isInTargets = false
        while let first = rest.first, !isComplete {
            if first == UInt8(ascii: "/") {
                guard let cut = ByteSplitting.separator(in: rest), let end = ByteSplitting.lineEnd(in: rest[cut.end...])
                else { return }
                guard let row = Self.row(path: Array(rest[..<cut.start]), rest[cut.end..<end.start]) else { return nil }
                if isInTargets { targets.append(row) } else { rows.append(row) }
                rest = rest[end.end...]
            } else {
                guard rest.count >= 2 else { return }
                guard rest[rest.startIndex + 1] == UInt8(ascii: "\n") else { return nil }
                switch first {
                case UInt8(ascii: "+"): isInTargets = true
                case UInt8(ascii: "."): isComplete = true
                default: return nil
                }
                rest = rest.dropFirst(2)
            }
        }
        guard rest.isEmpty else { return nil }
    }

    /// All rows as entries, links as what they lead to.
    var entries: [FileEntry] {
        let byPath = Dictionary(targets.map { ($0.path, $0) }) { first, _ in first }
        return rows.map { ($0.isSymlink ? byPath[$0.path] ?? $0 : $0).entry(isSymlink: $0.isSymlink) }
    }

    private static func row(path: [UInt8], _ fields: ArraySlice<UInt8>) -> Row? {
        let words = String(decoding: fields, as: UTF8.self).split(separator: " ")
        guard words.count == 3, let mode = UInt32(words[0], radix: 16), let size = Int64(words[1]),
            let modified = Double(words[2])
        else { return nil }
        return Row(path: path, mode: mode, size: size, modifiedAt: modified)
    }
}

/// Finds the marks that a path cannot hold.
enum ByteSplitting {
    typealias Cut = (start: Int, end: Int)

    /// The first `//`.
    static func separator(in bytes: ArraySlice<UInt8>) -> Cut? { first(UInt8(ascii: "/"), in: bytes) }

    /// The first `//` that ends a line.
    static func lineEnd(in bytes: ArraySlice<UInt8>) -> Cut? {
        guard let cut = separator(in: bytes), cut.end < bytes.endIndex, bytes[cut.end] == UInt8(ascii: "\n") else {
            return nil
        }
        return (cut.start, cut.end + 1)
    }

    private static func first(_ slash: UInt8, in bytes: ArraySlice<UInt8>) -> Cut? {
        var index = bytes.startIndex
        while let at = bytes[index...].firstIndex(of: slash) {
            guard at + 1 < bytes.endIndex else { return nil }
            if bytes[at + 1] == slash { return (at, at + 2) }
            index = at + 1
        }
        return nil
    }
}
