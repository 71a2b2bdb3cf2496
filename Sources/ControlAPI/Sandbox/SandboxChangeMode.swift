import JSONRPC

/// Changes permission bits; follows symlinks.
package enum SandboxChangeMode: RPCMethod {
    package static let name = "sandbox.chmod"

    package struct Params: SessionParams {
        package var sessionID: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?
        package var mode: FileMode

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case path
            case pathBase64 = "path_b64"
            case mode
        }

        package init(sessionID: String, path: String? = nil, pathBase64: String? = nil, mode: FileMode) {
            self.sessionID = sessionID
            self.path = path
            self.pathBase64 = pathBase64
            self.mode = mode
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
