/// The request of the routes that take a path and nothing else: `list` and `exists`.
package struct PathBody: Hashable, Sendable, Codable {
    package var path: Base64Bytes

    private enum CodingKeys: String, CodingKey { case path = "path_b64" }

    package init(path: Base64Bytes) {
        self.path = path
    }
}

/// The request of `ExecRoute.readLines`: lines `offset`…`offset + limit`, from 0.
package struct ReadLinesBody: Hashable, Sendable, Codable {
    package var path: Base64Bytes
    package var offset: Int
    package var limit: Int

    private enum CodingKeys: String, CodingKey {
        case path = "path_b64"
        case offset, limit
    }

    package init(path: Base64Bytes, offset: Int, limit: Int) {
        self.path = path
        self.offset = offset
        self.limit = limit
    }
}

package struct LinesResult: Hashable, Sendable, Codable {
    /// Without their `\n`.
    package var lines: [Base64Bytes]
    package var totalLines: Int

    private enum CodingKeys: String, CodingKey {
        case lines = "lines_b64"
        case totalLines = "total_lines"
    }

    package init(lines: [Base64Bytes], totalLines: Int) {
        self.lines = lines
        self.totalLines = totalLines
    }
}

/// The request of `ExecRoute.readBytes`; the answer is raw.
package struct ReadBytesBody: Hashable, Sendable, Codable {
    package var path: Base64Bytes
    package var offset: Int64
    package var length: Int

    private enum CodingKeys: String, CodingKey {
        case path = "path_b64"
        case offset, length
    }

    package init(path: Base64Bytes, offset: Int64, length: Int) {
        self.path = path
        self.offset = offset
        self.length = length
    }
}

package struct ExistsResult: Hashable, Sendable, Codable {
    package var exists: Bool

    package init(exists: Bool) {
        self.exists = exists
    }
}
