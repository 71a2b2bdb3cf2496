import JSONRPC

/// Removes a file, a symlink (never what it leads to) or a directory.
package enum SandboxRemove: RPCMethod {
    package static let name = "sandbox.remove"

    package struct Params: SessionParams {
        package var sessionID: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?
        /// Removes a directory with everything in it. Absent: only an empty one.
        package var recursive: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case path
            case pathBase64 = "path_b64"
            case recursive
        }

        package init(sessionID: String, path: String? = nil, pathBase64: String? = nil, recursive: Bool? = nil) {
            self.sessionID = sessionID
            self.path = path
            self.pathBase64 = pathBase64
            self.recursive = recursive
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var path: String

        package enum CodingKeys: String, CodingKey {
            case path
        }

        package init(path: String) {
            self.path = path
        }
    }
}
