/// A path as the sandbox's kernel sees it: bytes, not necessarily UTF-8, never with a NUL.
///
/// Relative paths resolve against the sandbox's `work_dir`.
package struct SandboxPath: Hashable, Sendable, CustomStringConvertible {
    /// `PATH_MAX` of Linux (limits.h), the NUL included.
    package static let maximumBytes = 4095

    package let bytes: [UInt8]

    /// Throws `SandboxError` of kind `invalid` for an empty path, one with a NUL, or one over 4095 bytes.
    package init(bytes: [UInt8]) throws(SandboxError) {
        guard !bytes.isEmpty else { throw .invalid("path must not be empty") }
        guard !bytes.contains(0) else { throw .invalid("path must not contain a NUL byte") }
        guard bytes.count <= Self.maximumBytes else {
            throw .invalid("path must not be longer than \(Self.maximumBytes) bytes, this one has \(bytes.count)")
        }
        self.bytes = bytes
    }

    package init(_ text: String) throws(SandboxError) {
        try self.init(bytes: Array(text.utf8))
    }

    package var isAbsolute: Bool { bytes.first == UInt8(ascii: "/") }

    /// For people: bytes that are not UTF-8 appear as U+FFFD.
    package var description: String { String(decoding: bytes, as: UTF8.self) }
}
