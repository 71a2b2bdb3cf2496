/// The form in which a transfer carries what is at its path.
package enum TransferFormat: String, Hashable, Sendable, CaseIterable {
    /// One regular file's bytes.
    case file
    /// A directory with all below it as a tar stream (POSIX pax interchange format).
    case tar
}

/// An upload to begin. Nothing is to be seen at `path` before it is committed.
package struct UploadRequest: Hashable, Sendable {
    package var path: SandboxPath
    package var format: TransferFormat
    /// Of the file; nil keeps an existing one's. Not for `tar`, whose members bring their own.
    package var mode: UInt32?
    /// The bytes that will come, where known: a commit after any other number fails.
    package var size: Int64?
    /// 64 hexadecimal digits, where known: a commit of any other bytes fails.
    package var sha256: String?

    package init(
        path: SandboxPath, format: TransferFormat = .file, mode: UInt32? = nil, size: Int64? = nil,
        sha256: String? = nil
    ) {
        self.path = path
        self.format = format
        self.mode = mode
        self.size = size
        self.sha256 = sha256
    }
}

/// What to send of a path.
package struct DownloadRequest: Hashable, Sendable {
    package var path: SandboxPath
    package var format: TransferFormat
    /// Bytes to leave out at the start; 0 for `tar`, which is made as it is sent.
    package var offset: Int64

    package init(path: SandboxPath, format: TransferFormat = .file, offset: Int64 = 0) {
        self.path = path
        self.format = format
        self.offset = offset
    }
}

/// A transfer that is complete.
package struct TransferResult: Hashable, Sendable {
    /// Bytes of the whole file or tar stream, those before a download's offset included.
    package var size: Int64
    /// Of the same bytes: 64 lower-case hexadecimal digits.
    package var sha256: String

    package init(size: Int64, sha256: String) {
        self.size = size
        self.sha256 = sha256
    }
}
