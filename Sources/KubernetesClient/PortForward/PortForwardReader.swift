/// Reads what a server sends on a port-forward of one port: channel 0 is the connection's bytes, channel 1 a text that
/// says why there are none. The first message on each is the port, a little-endian UInt16, and is stripped here.
struct PortForwardReader {
    enum Event: Hashable, Sendable {
        case data([UInt8])
        /// The node could not connect to the port, or lost the connection.
        case failure(String)
        case ping([UInt8])
        /// The server has closed the WebSocket: the end of the connection in the pod.
        case end
    }

    /// Of the error channel's text; the rest is dropped.
    static let maximumTextBytes = 2048

    private let port: UInt16
    private var frames: WebSocketReader
    private var hasPort = [false, false]
    /// Whether the server in the pod has been heard of: then it was connected to.
    private(set) var hasData = false

    init(port: UInt16, surplus: [UInt8] = []) {
        self.port = port
        frames = WebSocketReader(surplus: surplus)
    }

    mutating func append(_ bytes: [UInt8]) { frames.append(bytes) }

    /// The next event; nil when more bytes are needed.
    mutating func next() throws(WebSocketReader.Violation) -> Event? {
        while let event = try frames.next() {
            switch event {
            case .ping(let payload): return .ping(payload)
            case .pong: continue
            case .close: return .end
            case .message(let message):
                // Channels of other ports cannot be; an empty message only says that its channel is there.
                guard let channel = message.first, channel < 2, message.count > 1 else { continue }
                let payload = try withoutPort(message, channel: Int(channel))
                guard !payload.isEmpty else { continue }
                guard channel == 0 else {
                    return .failure(String(decoding: payload.prefix(Self.maximumTextBytes), as: UTF8.self))
                }
                hasData = true
                return .data(payload)
            }
        }
        return nil
    }

    private mutating func withoutPort(
        _ message: [UInt8], channel: Int
    ) throws(WebSocketReader.Violation) -> [UInt8] {
        if hasPort[channel] { return Array(message.dropFirst()) }
        guard message.count >= 3, UInt16(message[1]) | UInt16(message[2]) << 8 == port else {
            throw WebSocketReader.Violation(message: "channel \(channel) does not begin with port \(port)")
        }
        hasPort[channel] = true
        return Array(message.dropFirst(3))
    }
}
