import Foundation

@testable import KubernetesClient

extension FakeAPIServer.Connection {
    /// Answers the upgrade as an API server does.
    func upgrade(_ choice: String, surplus: [UInt8] = []) -> FakeAPIServer.Request? {
        guard let request = request(), let key = request.headers["sec-websocket-key"]?.first else { return nil }
        let sum = SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        let accept = Data(sum).base64EncodedString()
        let head =
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
            + "X-Extra: 1\r\nsec-websocket-accept: \(accept)\r\nSec-WebSocket-Protocol: \(choice)\r\n\r\n"
        send(Array(head.utf8) + surplus)
        return request
    }

    /// The next frame of the client; nil at the end.
    func frame() -> Unmasked? {
        guard var bytes = bytes(2) else { return nil }
        let short = bytes[1] & 0x7F
        guard let rest = self.bytes((short == 126 ? 2 : short == 127 ? 8 : 0) + 4) else { return nil }
        bytes += rest
        let length = short < 126 ? Int(short) : rest.dropLast(4).reduce(0) { $0 << 8 | Int($1) }
        guard let payload = self.bytes(length) else { return nil }
        return Unmasked(bytes + payload)
    }
}
