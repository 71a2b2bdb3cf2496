/// The request of `ExecRoute.glob`; `""`, `"."` and `"/"` as the root mean the work directory.
package struct GlobBody: Hashable, Sendable, Codable {
    package var pattern: String
    package var root: Base64Bytes

    private enum CodingKeys: String, CodingKey {
        case pattern
        case root = "root_b64"
    }

    package init(pattern: String, root: Base64Bytes) {
        self.pattern = pattern
        self.root = root
    }
}

/// The answer of `ExecRoute.list` and `ExecRoute.glob`.
package struct ListingResult: Hashable, Sendable, Codable {
    package struct Entry: Hashable, Sendable, Codable {
        package var name: Base64Bytes
        package var path: Base64Bytes
        package var isDirectory: Bool
        package var isSymlink: Bool
        /// Of regular files only.
        package var size: Int64?
        package var mode: UInt32
        /// Seconds since 1970-01-01 UTC.
        package var modifiedAt: Double

        private enum CodingKeys: String, CodingKey {
            case name = "name_b64"
            case path = "path_b64"
            case isDirectory = "is_dir"
            case isSymlink = "is_symlink"
            case size, mode
            case modifiedAt = "modified_at"
        }

        package init(
            name: Base64Bytes, path: Base64Bytes, isDirectory: Bool, isSymlink: Bool, size: Int64?, mode: UInt32,
            modifiedAt: Double
        ) {
            self.name = name
            self.path = path
            self.isDirectory = isDirectory
            self.isSymlink = isSymlink
            self.size = size
            self.mode = mode
            self.modifiedAt = modifiedAt
        }
    }

    package var entries: [Entry]
    package var truncated: Bool

    package init(entries: [Entry], truncated: Bool) {
        self.entries = entries
        self.truncated = truncated
    }
}

/// The request of `ExecRoute.grep`: a POSIX extended regular expression.
package struct GrepBody: Hashable, Sendable, Codable {
    package var pattern: String
    package var path: Base64Bytes?
    package var glob: String?
    package var ignoresHidden: Bool
    package var limit: Int

    private enum CodingKeys: String, CodingKey {
        case pattern
        case path = "path_b64"
        case glob
        case ignoresHidden = "ignore_hidden"
        case limit
    }

    package init(pattern: String, path: Base64Bytes?, glob: String?, ignoresHidden: Bool, limit: Int) {
        self.pattern = pattern
        self.path = path
        self.glob = glob
        self.ignoresHidden = ignoresHidden
        self.limit = limit
    }
}

package struct GrepResultBody: Hashable, Sendable, Codable {
    package struct Match: Hashable, Sendable, Codable {
        package var path: Base64Bytes
        package var lineNumber: Int
        package var line: Base64Bytes

        private enum CodingKeys: String, CodingKey {
            case path = "path_b64"
            case lineNumber = "line_number"
            case line = "line_b64"
        }

        package init(path: Base64Bytes, lineNumber: Int, line: Base64Bytes) {
            self.path = path
            self.lineNumber = lineNumber
            self.line = line
        }
    }

    package var matches: [Match]
    package var truncated: Bool
    package var unreadable: [Base64Bytes]

    private enum CodingKeys: String, CodingKey {
        case matches, truncated
        case unreadable = "unreadable_b64"
    }

    package init(matches: [Match], truncated: Bool, unreadable: [Base64Bytes]) {
        self.matches = matches
        self.truncated = truncated
        self.unreadable = unreadable
    }
}
