import JSONRPC

/// Makes a directory.
package enum SandboxMakeDirectory: RPCMethod {
    package static let name = "sandbox.mkdir"

    package struct Params: SessionParams {
        package var sessionID: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?
        /// Of the directory itself; absent: 0777 without the umask.
        package var mode: FileMode?
        /// Makes those above it too, and takes one that is there already for success. Absent: true.
        package var parents: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case path
            case pathBase64 = "path_b64"
            case mode, parents
        }

        package init(
            sessionID: String, path: String? = nil, pathBase64: String? = nil, mode: FileMode? = nil,
            parents: Bool? = nil
        ) {
            self.sessionID = sessionID
            self.path = path
            self.pathBase64 = pathBase64
            self.mode = mode
            self.parents = parents
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
