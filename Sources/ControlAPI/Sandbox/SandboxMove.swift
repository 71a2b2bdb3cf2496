import JSONRPC

/// Renames a file or directory, in one atomic step within a file system.
package enum SandboxMove: RPCMethod {
    package static let name = "sandbox.move"

    package struct Params: SessionParams {
        package var sessionID: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?
        /// The new path itself, not a directory to move into.
        package var to: String?
        /// In place of `to`, for one that is not UTF-8.
        package var toBase64: String?
        /// Replaces what is there. Absent: `exists` is the error then.
        package var overwrite: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case path
            case pathBase64 = "path_b64"
            case to
            case toBase64 = "to_b64"
            case overwrite
        }

        package init(
            sessionID: String, path: String? = nil, pathBase64: String? = nil, to: String? = nil,
            toBase64: String? = nil, overwrite: Bool? = nil
        ) {
            self.sessionID = sessionID
            self.path = path
            self.pathBase64 = pathBase64
            self.to = to
            self.toBase64 = toBase64
            self.overwrite = overwrite
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        /// The new path.
        package var path: String

        package enum CodingKeys: String, CodingKey {
            case path
        }

        package init(path: String) {
            self.path = path
        }
    }
}
