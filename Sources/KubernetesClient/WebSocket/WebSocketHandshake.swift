import FoundationEssentials
import HTTPTransport

/// The opening handshake of RFC 6455, section 4, from the client's side.
struct WebSocketHandshake: Sendable {
    /// 16 random bytes, base64.
    let key: String
    let purpose: WebSocketPurpose

    init(purpose: WebSocketPurpose) {
        self.purpose = purpose
        var generator = SystemRandomNumberGenerator()
        key = Data((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }).base64EncodedString()
    }

    /// `fields`: further headers (credentials, `User-Agent`). A field that holds a line break is left out: it could
    /// only come from a broken token file, and must not become headers of its own.
    func request(target: HTTPTarget, fields: [HTTPHeaders.Field]) -> [UInt8] {
        var lines = [
            "GET \(target.path) HTTP/1.1", "Host: \(target.host)", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: \(key)",
            // One line: Kubernetes reads only the first header of this name.
            "Sec-WebSocket-Protocol: " + purpose.protocols.joined(separator: ", "),
        ]
        for field in fields where !field.value.utf8.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 }) {
            lines.append("\(field.name): \(field.value)")
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// The value that proves that the server has read `key`.
    var expectedAccept: String {
        Data(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))).base64EncodedString()
    }

    /// - Returns: the protocol that the server chose.
    /// - Throws: `outcomeUnknown` for a 101 that does not answer this handshake: the other end has started something.
    func check(_ head: HTTPResponseHead, operation: String) throws(KubernetesError) -> String {
        func refuse(_ what: String) -> KubernetesError {
            KubernetesError(
                .outcomeUnknown, "\(operation): the WebSocket upgrade is wrong (\(what))\(purpose.lossNote)",
                httpStatus: 101)
        }
        guard head.headers["Upgrade"]?.lowercased() == "websocket" else { throw refuse("no Upgrade: websocket") }
        let tokens = head.headers.values("Connection").flatMap { $0.lowercased().split(separator: ",") }
        guard tokens.contains(where: { String($0).trimmed == "upgrade" }) else {
            throw refuse("no Connection: Upgrade")
        }
        guard head.headers["Sec-WebSocket-Accept"]?.trimmed == expectedAccept else {
            throw refuse("Sec-WebSocket-Accept does not match")
        }
        guard let chosen = head.headers["Sec-WebSocket-Protocol"]?.trimmed, purpose.protocols.contains(chosen) else {
            throw refuse("the server chose a subprotocol that was not offered")
        }
        return chosen
    }
}
