import JSONRPC

/// Searches file contents with a POSIX extended regular expression.
package enum SandboxGrepRaw: RPCMethod {
    package static let name = "sandbox.grep_raw"

    package struct Params: SessionParams {
        package var sessionID: String
        package var pattern: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?
        package var glob: String?
        package var ignoreHidden: Bool?
        package var limit: Int?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case pattern
            case path
            case pathBase64 = "path_b64"
            case glob
            case ignoreHidden = "ignore_hidden"
            case limit
        }

        package init(
            sessionID: String, pattern: String, path: String? = nil, pathBase64: String? = nil, glob: String? = nil,
            ignoreHidden: Bool? = nil, limit: Int? = nil
        ) {
            self.sessionID = sessionID
            self.pattern = pattern
            self.path = path
            self.pathBase64 = pathBase64
            self.glob = glob
            self.ignoreHidden = ignoreHidden
            self.limit = limit
        }
    }

    /// One matching line. `*_b64` members are there only where the bytes are not UTF-8.
    package struct Match: Codable, Hashable, Sendable {
        package var path: String
        package var pathBase64: String?
        package var lineNumber: Int
        package var line: String
        package var lineBase64: String?

        package enum CodingKeys: String, CodingKey {
            case path
            case pathBase64 = "path_b64"
            case lineNumber = "line_number"
            case line
            case lineBase64 = "line_b64"
        }

        package init(path: [UInt8], lineNumber: Int, line: [UInt8]) {
            (self.path, pathBase64) = LossyText.split(path)
            self.lineNumber = lineNumber
            (self.line, lineBase64) = LossyText.split(line)
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var matches: [Match]
        package var truncated: Bool
        /// Paths that could not be read.
        package var unreadable: [String]

        package init(matches: [Match], truncated: Bool, unreadable: [String]) {
            self.matches = matches
            self.truncated = truncated
            self.unreadable = unreadable
        }
    }
}
