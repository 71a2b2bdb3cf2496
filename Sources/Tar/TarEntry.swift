/// One member of an archive, without its contents.
package struct TarEntry: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case file
        case directory
        case symlink
        /// Another name for a member before it.
        case hardLink
        case fifo
    }

    package var kind: Kind
    /// As the archive has it: bytes, with slashes between the components.
    package var name: [UInt8]
    /// Of a symlink its text, of a hard link the other member's name; else empty.
    package var linkName: [UInt8]
    /// Bytes of contents that follow; 0 for all but files.
    package var size: Int64
    /// Permission bits: 0…0o7777.
    package var mode: UInt32
    /// Seconds since 1970-01-01 UTC.
    package var modifiedAt: Int64
    package var owner: UInt32
    package var group: UInt32

    package init(
        _ kind: Kind, name: [UInt8], linkName: [UInt8] = [], size: Int64 = 0, mode: UInt32, modifiedAt: Int64 = 0,
        owner: UInt32 = 0, group: UInt32 = 0
    ) {
        self.kind = kind
        self.name = name
        self.linkName = linkName
        self.size = size
        self.mode = mode
        self.modifiedAt = modifiedAt
        self.owner = owner
        self.group = group
    }
}
