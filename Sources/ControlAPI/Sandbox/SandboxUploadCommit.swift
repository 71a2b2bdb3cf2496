import JSONRPC

/// Ends an upload and puts it in its place, in one atomic step for a file.
package enum SandboxUploadCommit: RPCMethod {
    package static let name = "sandbox.upload_commit"

    package struct Params: NamedParams {
        package var uploadID: String

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case uploadID = "upload_id"
        }

        package init(uploadID: String) {
            self.uploadID = uploadID
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var path: String
        /// Bytes that were sent.
        package var size: Int64
        /// Of those bytes, as they arrived in the sandbox.
        package var sha256: String

        package enum CodingKeys: String, CodingKey {
            case path
            case size
            case sha256
        }

        package init(path: String, size: Int64, sha256: String) {
            self.path = path
            self.size = size
            self.sha256 = sha256
        }
    }
}
