/// Where a `glob` begins: a directory, or by `""`, `"."` and `"/"` the working directory itself. Bytes, as a path's.
package struct SearchRoot: Hashable, Sendable, ExpressibleByStringLiteral {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
    package init(_ text: String) { bytes = Array(text.utf8) }
    package init(stringLiteral text: String) { self.init(text) }

    /// The working directory: an absolute pattern may then begin elsewhere.
    package var isDefault: Bool {
        switch bytes {
        case [], [UInt8(ascii: ".")], [UInt8(ascii: "/")]: true
        default: false
        }
    }

    /// Throws `SandboxError` of kind `invalid` for what can be no path.
    package var path: SandboxPath {
        get throws(SandboxError) { try SandboxPath(bytes: isDefault ? [UInt8(ascii: ".")] : bytes) }
    }
}
