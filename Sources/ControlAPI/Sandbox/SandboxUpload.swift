import JSONRPC

/// Begins an upload of any size. Nothing is visible at `path` before the commit; a closed connection drops it.
package enum SandboxUpload: RPCMethod {
    package static let name = "sandbox.upload"

    package struct Params: SessionParams {
        package var sessionID: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?
        /// Absent: `file`.
        package var format: FileStreamFormat?
        /// Of the file; absent: an existing file's own.
        package var mode: FileMode?
        /// What the chunks must add up to, in bytes.
        package var size: Int64?
        /// What they must hash to, in hexadecimal.
        package var sha256: String?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case path
            case pathBase64 = "path_b64"
            case format
            case mode
            case size
            case sha256
        }

        package init(
            sessionID: String, path: String? = nil, pathBase64: String? = nil, format: FileStreamFormat? = nil,
            mode: FileMode? = nil, size: Int64? = nil, sha256: String? = nil
        ) {
            self.sessionID = sessionID
            self.path = path
            self.pathBase64 = pathBase64
            self.format = format
            self.mode = mode
            self.size = size
            self.sha256 = sha256
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var uploadID: String

        package enum CodingKeys: String, CodingKey {
            case uploadID = "upload_id"
        }

        package init(uploadID: String) {
            self.uploadID = uploadID
        }
    }
}
