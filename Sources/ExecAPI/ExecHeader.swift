/// The headers of podkeeper-execd's own, beside HTTP's.
package enum ExecHeader {
    /// The secret of the sandbox; the reference's name.
    package static let token = "X-Sandbox-Token"
    /// On every response: the server's word that it is its own and no proxy's on the way.
    package static let server = "X-Execd"
    /// On a `readBytes` response: bytes in the whole file, decimal.
    package static let fileSize = "X-File-Size"
    /// On a `write` request: the path's bytes in standard base64 (RFC 4648 §4).
    package static let path = "X-Path-B64"
    /// On a `write` request, optional: permission bits in octal digits, such as `644`.
    package static let mode = "X-Mode"
    /// On an `uploadChunk` request: the upload's id.
    package static let upload = "X-Upload-Id"
    /// On an `uploadChunk` request, optional: bytes received before these, decimal.
    package static let offset = "X-Offset"
}
