/// Turns the bytes of a run's response body into frames, however they were cut on the way.
///
/// Holds at most one unfinished frame and what was appended behind it. Frames of a type that this side does not know
/// are skipped.
package struct RunFrameDecoder: Sendable {
    private var buffer: [UInt8] = []
    private var start = 0

    package init() {}

    /// True between two frames: a body that ends elsewhere was cut.
    package var isAtBoundary: Bool { start == buffer.count }

    package mutating func append(_ bytes: some Sequence<UInt8>) {
        // Dropping consumed bytes only here keeps `next` free of copies.
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole frame; nil until more bytes are appended. After an error the stream is lost.
    package mutating func next() throws(RunFrameError) -> RunFrame? {
        while buffer.count &- start >= RunFrame.headerBytes {
            let tag = buffer[start]
            let length = integer(at: start &+ 1, bytes: 4)
            guard length <= UInt64(ExecLimits.maximumFramePayload) else {
                throw RunFrameError("a frame of type \(tag) claims \(length) bytes")
            }
            let payload = start &+ RunFrame.headerBytes
            let end = payload &+ Int(length)
            guard buffer.count >= end else { return nil }
            start = end
            if let frame = try frame(tag: tag, from: payload, to: end) { return frame }
        }
        return nil
    }

    private func frame(tag: UInt8, from payload: Int, to end: Int) throws(RunFrameError) -> RunFrame? {
        switch tag {
        case RunFrame.Tag.stdout, RunFrame.Tag.stderr:
            guard end &- payload >= RunFrame.offsetBytes else {
                throw RunFrameError("an output frame of \(end &- payload) bytes has no room for its offset")
            }
            let offset = integer(at: payload, bytes: RunFrame.offsetBytes)
            let bytes = Array(buffer[(payload &+ RunFrame.offsetBytes)..<end])
            return tag == RunFrame.Tag.stdout
                ? .stdout(offset: offset, bytes: bytes) : .stderr(offset: offset, bytes: bytes)
        case RunFrame.Tag.outcome: return .outcome(Array(buffer[payload..<end]))
        case RunFrame.Tag.keepAlive: return .keepAlive
        default: return nil
        }
    }

    private func integer(at index: Int, bytes: Int) -> UInt64 {
        buffer[index..<(index &+ bytes)].reduce(0) { ($0 << 8) | UInt64($1) }
    }
}

/// Bytes that are no frames: the peer is not podkeeper-execd, or the stream is damaged.
package struct RunFrameError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
