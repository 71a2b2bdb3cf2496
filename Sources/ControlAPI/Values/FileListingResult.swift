/// Rows of `ls_info` and `glob_info`.
package struct FileListingResult: Codable, Hashable, Sendable {
    /// One file. `*_b64` members are there only where the bytes are not UTF-8.
    package struct Entry: Codable, Hashable, Sendable {
        package var name: String
        package var nameBase64: String?
        package var path: String
        package var pathBase64: String?
        package var isDirectory: Bool
        /// Bytes; null for what is no regular file.
        @ExplicitNull package var size: Int64?
        package var isSymlink: Bool
        package var mode: FileMode
        package var modifiedAt: Timestamp

        package enum CodingKeys: String, CodingKey {
            case name
            case nameBase64 = "name_b64"
            case path
            case pathBase64 = "path_b64"
            case isDirectory = "is_dir"
            case size
            case isSymlink = "is_symlink"
            case mode
            case modifiedAt = "modified_at"
        }

        package init(
            name: [UInt8], path: [UInt8], isDirectory: Bool, size: Int64?, isSymlink: Bool, mode: FileMode,
            modifiedAt: Timestamp
        ) {
            (self.name, nameBase64) = LossyText.split(name)
            (self.path, pathBase64) = LossyText.split(path)
            self.isDirectory = isDirectory
            self.size = size
            self.isSymlink = isSymlink
            self.mode = mode
            self.modifiedAt = modifiedAt
        }
    }

    package var entries: [Entry]
    package var truncated: Bool

    package init(entries: [Entry], truncated: Bool) {
        self.entries = entries
        self.truncated = truncated
    }
}
