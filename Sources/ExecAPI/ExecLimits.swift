/// Limits that both ends of the wire know.
package enum ExecLimits {
    /// The longest JSON request body: the control API's message of 16 MiB and room for base64 within base64.
    package static let maximumJSONBytes = 24 << 20
    /// The largest file that one `write` request carries.
    package static let maximumWriteBytes = 64 << 20
    /// The longest payload of a `RunFrame`; a longer one is a broken peer.
    package static let maximumFramePayload = 1 << 20
    /// A run's stream is never silent for longer than this.
    package static let keepAliveSeconds = 15
    /// A run id is 1 to this many bytes.
    package static let maximumRunIDBytes = 256
}
