/// Turns the bytes of a server into whole messages and control frames, however they are cut.
struct WebSocketReader {
    enum Event: Hashable, Sendable {
        /// A whole data message, its fragments put together.
        case message([UInt8])
        case ping([UInt8])
        case pong
        case close(code: UInt16?)
    }

    /// A violation of RFC 6455, or a message over the limit; the connection is of no use any more.
    struct Violation: Error, Hashable {
        var message: String
    }

    /// Observed are 32 KiB; the channel's byte comes on top of a full mebibyte.
    static let maximumMessageBytes = (1 << 20) + 1

    private var buffer: [UInt8] = []
    private var position = 0
    private var fragments: [UInt8]?

    init(surplus: [UInt8] = []) {
        buffer = surplus
    }

    mutating func append(_ bytes: [UInt8]) {
        if position > 0 {
            buffer.removeSubrange(..<position)
            position = 0
        }
        buffer += bytes
    }

    /// The next event; nil when more bytes are needed.
    mutating func next() throws(Violation) -> Event? {
        while let frame = try nextFrame() {
            switch frame.opcode {
            case .ping: return .ping(frame.payload)
            case .pong: return .pong
            case .close:
                let code = frame.payload.count >= 2 ? UInt16(frame.payload[0]) << 8 | UInt16(frame.payload[1]) : nil
                return .close(code: code)
            case .binary, .text:
                guard fragments == nil else { throw Violation(message: "a message began inside another one") }
                if frame.isFinal { return .message(frame.payload) }
                fragments = frame.payload
            case .continuation:
                guard var message = fragments else { throw Violation(message: "a continuation without a beginning") }
                guard message.count + frame.payload.count <= Self.maximumMessageBytes else { throw Self.tooLong }
                message += frame.payload
                fragments = frame.isFinal ? nil : message
                if frame.isFinal { return .message(message) }
            }
        }
        return nil
    }

    private static let tooLong = Violation(message: "a message is longer than \(maximumMessageBytes) bytes")

    private mutating func nextFrame() throws(Violation) -> WebSocketFrame? {
        let available = buffer.count - position
        guard available >= 2 else { return nil }
        let first = buffer[position]
        let second = buffer[position + 1]
        guard first & 0x70 == 0 else { throw Violation(message: "a frame uses an extension that was not agreed on") }
        guard let opcode = WebSocketFrame.Opcode(rawValue: first & 0x0F) else {
            throw Violation(message: "a frame has the unknown opcode \(first & 0x0F)")
        }
        guard second & 0x80 == 0 else { throw Violation(message: "a frame from the server is masked") }
        let isFinal = first & 0x80 != 0
        let shortLength = Int(second & 0x7F)
        guard !opcode.isControl || (isFinal && shortLength <= 125) else {
            throw Violation(message: "a control frame is fragmented or longer than 125 bytes")
        }
        let lengthBytes = shortLength == 127 ? 8 : shortLength == 126 ? 2 : 0
        guard available >= 2 + lengthBytes else { return nil }
        var length = UInt64(lengthBytes == 0 ? shortLength : 0)
        for byte in buffer[position + 2..<position + 2 + lengthBytes] { length = length << 8 | UInt64(byte) }
        // Before anything is added to it: a hostile 64-bit length must not overflow.
        guard length <= UInt64(Self.maximumMessageBytes) else { throw Self.tooLong }
        let start = position + 2 + lengthBytes
        guard buffer.count - start >= Int(length) else { return nil }
        position = start + Int(length)
        return WebSocketFrame(isFinal: isFinal, opcode: opcode, payload: Array(buffer[start..<position]))
    }
}
