/// Bounds of one file operation, the same for every backend and mode: an answer must fit one message of the control
/// API (16 MiB), and a sandbox's file server has little memory.
package enum FileLimits {
    /// Bytes that one `readLines` or `readBytes` returns; more is `too_large`.
    package static let maximumReadBytes = 8 << 20
    /// Lines that one `readLines` returns; more is `too_large`.
    package static let maximumReadLines = 250_000
    /// Bytes of a file, before and after, that `edit` holds in memory; more is `too_large`.
    package static let maximumEditBytes = 32 << 20
    /// Rows of one listing; more are left out and `truncated` is set.
    package static let maximumEntries = 10_000
    /// Names of one directory that are looked at; more are left out and `truncated` is set.
    package static let maximumDirectoryNames = 200_000
    /// Bytes of names and paths of one listing; more rows are left out and `truncated` is set.
    package static let maximumListingBytes = 2 << 20
    /// Matches of one search, whatever limit the caller names.
    package static let maximumMatches = 10_000
    /// Bytes of paths and lines of one search; more matches are left out and `truncated` is set.
    package static let maximumMatchBytes = 2 << 20
    /// A longer line of a match is returned cut to this many bytes, and `truncated` is set.
    package static let maximumMatchLineBytes = 8192
    /// Paths reported as unreadable by one search; more set `truncated`.
    package static let maximumUnreadable = 1000
    /// A file with a NUL in its first this many bytes is binary.
    package static let binaryProbeBytes = 8000
    /// Symlinks followed before a path counts as a loop, as many as Linux follows (path_resolution(7)).
    package static let maximumSymlinks = 40
    /// Bytes of one piece of an upload; more is `too_large`.
    package static let maximumUploadChunkBytes = 16 << 20
    /// An upload that gets no bytes for so long is dropped.
    package static let uploadIdleSeconds = 600
}
