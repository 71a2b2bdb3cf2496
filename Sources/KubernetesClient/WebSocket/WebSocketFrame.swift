/// One frame of RFC 6455, section 5.2.
struct WebSocketFrame: Hashable, Sendable {
    enum Opcode: UInt8, Hashable, Sendable {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10

        var isControl: Bool { rawValue >= 8 }
    }

    var isFinal = true
    var opcode: Opcode
    var payload: [UInt8]

    /// The bytes of a frame from a client: masked, never a fragment. Kubernetes takes a continuation for a new message.
    static func encode(_ opcode: Opcode, _ payload: [UInt8], maskingKey: UInt32) -> [UInt8] {
        var bytes: [UInt8] = [0x80 | opcode.rawValue]
        bytes.reserveCapacity(payload.count + 14)
        switch payload.count {
        case ..<126:
            bytes.append(0x80 | UInt8(payload.count))
        case ..<65_536:
            bytes.append(0x80 | 126)
            bytes.append(UInt8(payload.count >> 8))
            bytes.append(UInt8(payload.count & 0xFF))
        default:
            bytes.append(0x80 | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift))
            }
        }
        let mask = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: maskingKey >> UInt32($0)) }
        bytes += mask
        bytes += [UInt8](unsafeUninitializedCapacity: payload.count) { masked, count in
            for index in payload.indices { masked.initializeElement(at: index, to: payload[index] ^ mask[index & 3]) }
            count = payload.count
        }
        return bytes
    }

    /// With a fresh key from the system's random source, as the RFC demands.
    static func encode(_ opcode: Opcode, _ payload: [UInt8]) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return encode(opcode, payload, maskingKey: generator.next())
    }
}
