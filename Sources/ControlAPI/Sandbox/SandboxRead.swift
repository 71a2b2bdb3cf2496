import JSONRPC

/// Reads a text file's lines with their numbers.
package enum SandboxRead: RPCMethod {
    package static let name = "sandbox.read"

    package struct Params: SessionParams {
        package var sessionID: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?
        /// Lines to skip.
        package var offset: Int?
        /// Lines to return; 2000 when absent.
        package var limit: Int?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case path
            case pathBase64 = "path_b64"
            case offset
            case limit
        }

        package init(
            sessionID: String, path: String? = nil, pathBase64: String? = nil, offset: Int? = nil, limit: Int? = nil
        ) {
            self.sessionID = sessionID
            self.path = path
            self.pathBase64 = pathBase64
            self.offset = offset
            self.limit = limit
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var content: String

        package init(content: String) {
            self.content = content
        }
    }
}
