import JSONRPC

/// Sends a file, or a directory as a tar archive, as `sandbox.data` notifications.
package enum SandboxDownload: RPCMethod {
    package static let name = "sandbox.download"

    package struct Params: SessionParams {
        package var sessionID: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?
        /// Absent: `file`.
        package var format: FileStreamFormat?
        /// Bytes to skip, of a file.
        package var offset: Int64?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case path
            case pathBase64 = "path_b64"
            case format
            case offset
        }

        package init(
            sessionID: String, path: String? = nil, pathBase64: String? = nil, format: FileStreamFormat? = nil,
            offset: Int64? = nil
        ) {
            self.sessionID = sessionID
            self.path = path
            self.pathBase64 = pathBase64
            self.format = format
            self.offset = offset
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        /// Bytes of the whole file or archive, those before `offset` included.
        package var size: Int64
        /// Of the same bytes, as they left the sandbox.
        package var sha256: String

        package enum CodingKeys: String, CodingKey {
            case size
            case sha256
        }

        package init(size: Int64, sha256: String) {
            self.size = size
            self.sha256 = sha256
        }
    }
}
