/// A search through file contents with a POSIX extended regular expression (regex(7)), line by line.
package struct GrepQuery: Hashable, Sendable {
    /// Matches returned when the caller names no limit.
    package static let defaultLimit = 1000

    package var pattern: String
    /// A file or directory; nil is `work_dir`. A root named explicitly is always searched, hidden or not.
    package var path: SandboxPath?
    /// Only files whose name (or path relative to the root, if the glob has a `/`) matches.
    package var glob: String?
    /// Skips files and directories below the root whose name starts with a dot.
    package var ignoresHidden: Bool
    package var limit: Int

    package init(
        pattern: String, path: SandboxPath? = nil, glob: String? = nil, ignoresHidden: Bool = true,
        limit: Int = GrepQuery.defaultLimit
    ) {
        self.pattern = pattern
        self.path = path
        self.glob = glob
        self.ignoresHidden = ignoresHidden
        self.limit = limit
    }
}

package struct GrepMatch: Hashable, Sendable {
    package var path: [UInt8]
    /// 1 for the first line.
    package var lineNumber: Int
    /// Without its `\n`.
    package var line: [UInt8]

    package init(path: [UInt8], lineNumber: Int, line: [UInt8]) {
        self.path = path
        self.lineNumber = lineNumber
        self.line = line
    }
}

package struct GrepResult: Hashable, Sendable {
    /// By path, then line.
    package var matches: [GrepMatch]
    package var truncated: Bool
    /// What could not be read; it never spoils the matches that were found.
    package var unreadable: [[UInt8]]

    package init(matches: [GrepMatch], truncated: Bool = false, unreadable: [[UInt8]] = []) {
        self.matches = matches
        self.truncated = truncated
        self.unreadable = unreadable
    }
}
