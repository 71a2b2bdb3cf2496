/// What a path is.
package struct FileInfo: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable { case file, directory, symlink, other }

    package var kind: Kind
    /// Bytes of a regular file; nil for everything else.
    package var size: Int64?
    /// Permission bits, 0…0o7777.
    package var mode: UInt32
    /// Seconds since 1970-01-01 UTC.
    package var modifiedAt: Double
    package var owner: UInt32
    package var group: UInt32
    /// What a symlink says, byte for byte; nil for everything else.
    package var linkTarget: [UInt8]?

    package init(
        kind: Kind, size: Int64?, mode: UInt32, modifiedAt: Double, owner: UInt32, group: UInt32,
        linkTarget: [UInt8]? = nil
    ) {
        self.kind = kind
        self.size = size
        self.mode = mode
        self.modifiedAt = modifiedAt
        self.owner = owner
        self.group = group
        self.linkTarget = linkTarget
    }
}
