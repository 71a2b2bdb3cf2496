import JSONRPC

/// Reads a file's exact bytes.
package enum SandboxReadBytes: RPCMethod {
    package static let name = "sandbox.read_bytes"

    package struct Params: SessionParams {
        package var sessionID: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?
        /// Bytes to skip.
        package var offset: Int64?
        /// Bytes to return; absent: to the end, within the message limit.
        package var length: Int?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case path
            case pathBase64 = "path_b64"
            case offset
            case length
        }

        package init(
            sessionID: String, path: String? = nil, pathBase64: String? = nil, offset: Int64? = nil, length: Int? = nil
        ) {
            self.sessionID = sessionID
            self.path = path
            self.pathBase64 = pathBase64
            self.offset = offset
            self.length = length
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var contentBase64: String
        /// Bytes in the whole file.
        package var size: Int64
        package var isAtEnd: Bool

        package enum CodingKeys: String, CodingKey {
            case contentBase64 = "content_b64"
            case size
            case isAtEnd = "eof"
        }

        package init(contentBase64: String, size: Int64, isAtEnd: Bool) {
            self.contentBase64 = contentBase64
            self.size = size
            self.isAtEnd = isAtEnd
        }
    }
}
