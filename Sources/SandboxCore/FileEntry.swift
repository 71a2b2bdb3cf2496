/// One row of a listing.
package struct FileEntry: Hashable, Sendable {
    /// The last component's bytes, which need not be UTF-8.
    package var name: [UInt8]
    package var path: [UInt8]
    /// Follows symlinks: a link to a directory is a directory.
    package var isDirectory: Bool
    package var isSymlink: Bool
    /// Bytes of a regular file (of its target for a link); nil for everything else.
    package var size: Int64?
    /// Permission bits, 0…0o7777.
    package var mode: UInt32
    /// Seconds since 1970-01-01 UTC.
    package var modifiedAt: Double

    package init(
        name: [UInt8], path: [UInt8], isDirectory: Bool, isSymlink: Bool, size: Int64?, mode: UInt32, modifiedAt: Double
    ) {
        self.name = name
        self.path = path
        self.isDirectory = isDirectory
        self.isSymlink = isSymlink
        self.size = size
        self.mode = mode
        self.modifiedAt = modifiedAt
    }
}

/// A listing, and whether a limit cut it short.
package struct FileListing: Hashable, Sendable {
    package var entries: [FileEntry]
    package var truncated: Bool

    package init(entries: [FileEntry], truncated: Bool = false) {
        self.entries = entries
        self.truncated = truncated
    }
}
