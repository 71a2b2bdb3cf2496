/// The request of `ExecRoute.upload`.
package struct UploadBody: Hashable, Sendable, Codable {
    package var path: Base64Bytes
    /// `file` or `tar`.
    package var format: String
    package var mode: UInt32?
    package var size: Int64?
    package var sha256: String?

    private enum CodingKeys: String, CodingKey {
        case path = "path_b64"
        case format, mode, size, sha256
    }

    package init(path: Base64Bytes, format: String, mode: UInt32?, size: Int64?, sha256: String?) {
        self.path = path
        self.format = format
        self.mode = mode
        self.size = size
        self.sha256 = sha256
    }
}

package struct UploadResult: Hashable, Sendable, Codable {
    package var uploadID: String

    private enum CodingKeys: String, CodingKey { case uploadID = "upload_id" }

    package init(uploadID: String) {
        self.uploadID = uploadID
    }
}

/// The request of `ExecRoute.uploadCommit` and `ExecRoute.uploadDrop`.
package struct UploadIDBody: Hashable, Sendable, Codable {
    package var uploadID: String

    private enum CodingKeys: String, CodingKey { case uploadID = "upload_id" }

    package init(uploadID: String) {
        self.uploadID = uploadID
    }
}

/// The answer of `ExecRoute.uploadChunk`: bytes received so far, in all.
package struct ReceivedResult: Hashable, Sendable, Codable {
    package var received: Int64

    package init(received: Int64) {
        self.received = received
    }
}

/// The answer of `ExecRoute.uploadCommit`.
package struct TransferResultBody: Hashable, Sendable, Codable {
    package var size: Int64
    /// 64 lower-case hexadecimal digits.
    package var sha256: String

    package init(size: Int64, sha256: String) {
        self.size = size
        self.sha256 = sha256
    }
}

/// The request of `ExecRoute.download`.
package struct DownloadBody: Hashable, Sendable, Codable {
    package var path: Base64Bytes
    /// `file` or `tar`.
    package var format: String
    package var offset: Int64

    private enum CodingKeys: String, CodingKey {
        case path = "path_b64"
        case format, offset
    }

    package init(path: Base64Bytes, format: String, offset: Int64) {
        self.path = path
        self.format = format
        self.offset = offset
    }
}

/// The last frame of a download: one of both members.
package struct DownloadEndBody: Hashable, Sendable, Codable {
    package var result: TransferResultBody?
    /// What went wrong after the answer had begun.
    package var error: ExecErrorBody.Detail?

    package init(result: TransferResultBody? = nil, error: ExecErrorBody.Detail? = nil) {
        self.result = result
        self.error = error
    }
}
