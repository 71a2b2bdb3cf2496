/// One frame of a run's response body: `[1 byte type][4 byte big-endian length][payload]`.
///
/// A body that ends without an `outcome` frame means that the end of the run was not seen.
package enum RunFrame: Hashable, Sendable {
    /// `offset` is the number of bytes of that stream before these.
    case stdout(offset: UInt64, bytes: [UInt8])
    case stderr(offset: UInt64, bytes: [UInt8])
    /// `RunOutcomeBody` as JSON; the last frame.
    case outcome([UInt8])
    case keepAlive

    /// Bytes before the payload.
    package static let headerBytes = 5
    /// Bytes of `offset` before the output in a payload.
    package static let offsetBytes = 8

    enum Tag {
        static let stdout: UInt8 = 1
        static let stderr: UInt8 = 2
        static let outcome: UInt8 = 3
        static let keepAlive: UInt8 = 4
    }

    /// The frame as it goes over the wire. The payload is at most `ExecLimits.maximumFramePayload` bytes: whoever
    /// makes frames cuts the output to that.
    package var encoded: [UInt8] {
        switch self {
        case .stdout(let offset, let bytes): Self.encode(Tag.stdout, offset: offset, bytes)
        case .stderr(let offset, let bytes): Self.encode(Tag.stderr, offset: offset, bytes)
        case .outcome(let json): Self.header(Tag.outcome, payload: json.count) + json
        case .keepAlive: Self.header(Tag.keepAlive, payload: 0)
        }
    }

    /// The header and offset that go before `count` bytes of output, for a writer that does not want to copy them.
    package static func outputHeader(_ isStderr: Bool, offset: UInt64, count: Int) -> [UInt8] {
        header(isStderr ? Tag.stderr : Tag.stdout, payload: count &+ offsetBytes) + bigEndian(offset)
    }

    private static func encode(_ tag: UInt8, offset: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        header(tag, payload: bytes.count &+ offsetBytes) + bigEndian(offset) + bytes
    }

    private static func header(_ tag: UInt8, payload: Int) -> [UInt8] {
        [tag] + bigEndian(UInt32(truncatingIfNeeded: payload))
    }

    private static func bigEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
