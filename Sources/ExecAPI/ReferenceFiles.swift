/// Requests of the reference's file routes: one shape for all, each route takes the members it needs.
package struct ReferenceFileBody: Hashable, Sendable, Codable {
    package var path: String?
    /// `/read`: lines, from 0 and 2000 by default.
    package var offset: Int?
    package var limit: Int?
    /// `/write`.
    package var content: Base64Bytes?
    /// `/edit`.
    package var oldString: String?
    package var newString: String?
    package var replaceAll: Bool?
    /// `/glob` and `/grep`.
    package var pattern: String?
    /// `/grep`.
    package var glob: String?
    package var ignoreHidden: Bool?

    private enum CodingKeys: String, CodingKey {
        case path, offset, limit, pattern, glob
        case content = "content_b64"
        case oldString = "old_string"
        case newString = "new_string"
        case replaceAll = "replace_all"
        case ignoreHidden = "ignore_hidden"
    }

    package init(path: String? = nil, pattern: String? = nil) {
        self.path = path
        self.pattern = pattern
    }
}

/// `/read`: the raw lines; what is not UTF-8 in `content` is whole in `content_b64`.
package struct ReferenceReadResult: Hashable, Sendable, Codable {
    package var content: String
    package var contentBytes: Base64Bytes?

    private enum CodingKeys: String, CodingKey {
        case content
        case contentBytes = "content_b64"
    }

    package init(content: String, contentBytes: Base64Bytes?) {
        self.content = content
        self.contentBytes = contentBytes
    }
}

/// `/read_bytes`.
package struct ReferenceBytesResult: Hashable, Sendable, Codable {
    package var content: Base64Bytes

    private enum CodingKeys: String, CodingKey { case content = "content_b64" }

    package init(content: Base64Bytes) {
        self.content = content
    }
}

/// `/write` and `/edit`; a failure is an error status, so that a client that looks at nothing else sees it.
package struct ReferenceChangeResult: Hashable, Sendable, Codable {
    package var path: String
    package var occurrences: Int?

    package init(path: String, occurrences: Int? = nil) {
        self.path = path
        self.occurrences = occurrences
    }
}

/// A row of `/ls` and `/glob`.
package struct ReferenceEntry: Hashable, Sendable, Codable {
    package var name: String
    package var path: String
    package var isDirectory: Bool
    package var size: Int64?

    private enum CodingKeys: String, CodingKey {
        case name, path, size
        case isDirectory = "is_dir"
    }

    package init(name: String, path: String, isDirectory: Bool, size: Int64?) {
        self.name = name
        self.path = path
        self.isDirectory = isDirectory
        self.size = size
    }
}

/// `/grep`.
package struct ReferenceGrepResult: Hashable, Sendable, Codable {
    package struct Match: Hashable, Sendable, Codable {
        package var path: String
        package var lineNumber: Int
        package var line: String

        private enum CodingKeys: String, CodingKey {
            case path, line
            case lineNumber = "line_number"
        }

        package init(path: String, lineNumber: Int, line: String) {
            self.path = path
            self.lineNumber = lineNumber
            self.line = line
        }
    }

    package var matches: [Match]

    package init(matches: [Match]) {
        self.matches = matches
    }
}
