import JSONRPC

/// Writes a file's exact bytes, in one atomic step.
package enum SandboxWrite: RPCMethod {
    package static let name = "sandbox.write"

    package struct Params: SessionParams {
        package var sessionID: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?
        package var content: String?
        /// In place of `content`.
        package var contentBase64: String?
        package var mode: FileMode?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case path
            case pathBase64 = "path_b64"
            case content
            case contentBase64 = "content_b64"
            case mode
        }

        package init(
            sessionID: String, path: String? = nil, pathBase64: String? = nil, content: String? = nil,
            contentBase64: String? = nil, mode: FileMode? = nil
        ) {
            self.sessionID = sessionID
            self.path = path
            self.pathBase64 = pathBase64
            self.content = content
            self.contentBase64 = contentBase64
            self.mode = mode
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var path: String
        package var size: Int

        package init(path: String, size: Int) {
            self.path = path
            self.size = size
        }
    }
}
