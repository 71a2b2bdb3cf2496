import HTTPTransport
import Testing

@testable import KubernetesClient

@Suite struct WebSocketTests {
    /// RFC 6455, section 5.7.
    @Test func vectorsOfTheRFC() throws {
        #expect(
            WebSocketFrame.encode(.text, Array("Hello".utf8), maskingKey: 0x37FA_213D)
                == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
        var reader = WebSocketReader(surplus: [0x01, 0x03, 0x48, 0x65, 0x6C, 0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
        #expect(try reader.next() == .ping(Array("Hello".utf8)))
        #expect(try reader.next() == nil)
        reader.append([0x80, 0x02, 0x6C, 0x6F])
        #expect(try reader.next() == .message(Array("Hello".utf8)))
        #expect(try reader.next() == nil)
    }

    /// The value of RFC 6455, section 1.3, belongs to another key; the rule is checked with a server's own sum.
    @Test func acceptValue() {
        let sum = SHA1.digest(Array("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
        #expect(sum.starts(with: [0xB3, 0x7A, 0x4F, 0x2C, 0xC0, 0x62, 0x4F, 0x16]))
    }

    @Test(arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
    func framesOfEveryLength(_ count: Int) throws {
        var generator = SplitMix(seed: UInt64(count))
        let payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let frame = WebSocketFrame.encode(.binary, payload)
        #expect(frame[0] == 0x82)
        #expect(frame[1] & 0x80 != 0)
        #expect(Unmasked(frame)?.payload == payload)
        #expect(Unmasked.maskingKey(of: frame) != Unmasked.maskingKey(of: WebSocketFrame.encode(.binary, payload)))
    }

    /// Messages in fragments, with pings between them, cut at every byte.
    @Test("T72 A server's stream, however it is cut") func aServersStreamHoweverItIsCut() throws {
        let stream: [UInt8] =
            server(0x2, [1], final: true) + server(0x2, [1, 65], final: false) + server(0x9, [7, 7], final: true)
            + server(0x0, [], final: false) + server(0x0, [66], final: true) + server(0x2, [], final: true)
            + server(0xA, [], final: true) + server(0x2, [9] + [UInt8](repeating: 5, count: 300), final: true)
            + server(0x8, [0x03, 0xE8], final: true)
        let expected: [WebSocketReader.Event] = [
            .message([1]), .ping([7, 7]), .message([1, 65, 66]), .message([]), .pong,
            .message([9] + [UInt8](repeating: 5, count: 300)), .close(code: 1000),
        ]
        for cut in 0...stream.count {
            var reader = WebSocketReader()
            var events: [WebSocketReader.Event] = []
            for part in [stream[..<cut], stream[cut...]] {
                reader.append(Array(part))
                while let event = try reader.next() { events.append(event) }
            }
            #expect(events == expected, "cut at \(cut)")
        }
    }

    @Test(
        arguments: [
            [0x82, 0x80, 1, 2, 3, 4], [0xC2, 0], [0x83, 0], [0x89, 126, 0, 126], [0x09, 0], [0x80, 0],
            [0x02, 0, 0x82, 0],
            [0x82, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x82, 127, 0, 0, 0, 0, 0, 0x20, 0, 0],
        ] as [[UInt8]])
    func violations(_ bytes: [UInt8]) {
        #expect(throws: WebSocketReader.Violation.self) {
            var reader = WebSocketReader(surplus: bytes)
            while try reader.next() != nil {}
        }
    }

    @Test func fragmentsAreBoundedTogether() {
        #expect(throws: WebSocketReader.Violation.self) {
            var reader = WebSocketReader()
            let piece = [UInt8](repeating: 0, count: 60_000)
            reader.append(server(0x2, piece, final: false))
            for _ in 0..<20 {
                reader.append(server(0x0, piece, final: false))
                _ = try reader.next()
            }
        }
    }

    @Test func randomBytesNeverTrap() {
        var generator = SplitMix(seed: 11)
        for _ in 0..<2000 {
            var reader = WebSocketReader()
            reader.append(
                (0..<Int.random(in: 0...64, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator)
                })
            var count = 0
            while let event = try? reader.next(), count < 100 {
                count += 1
                if case .message(let bytes) = event { #expect(bytes.count <= 64) }
            }
        }
    }

    @Test("T67 Upgrades that are not what was asked for") func handshake() throws {
        let handshake = WebSocketHandshake(purpose: .exec)
        #expect(handshake.key.utf8.count == 24)
        #expect(handshake.key != WebSocketHandshake(purpose: .exec).key)
        let good: HTTPHeaders = [
            "upgrade": "WebSocket", "connection": "keep-alive, upgrade",
            "sec-websocket-accept": handshake.expectedAccept,
            "sec-websocket-protocol": "v4.channel.k8s.io",
        ]
        #expect(
            try handshake.check(HTTPResponseHead(status: 101, headers: good), operation: "op") == "v4.channel.k8s.io")
        for (name, value) in [
            ("Upgrade", "h2c"), ("Connection", "close"), ("Sec-WebSocket-Accept", "AAAA"),
            ("Sec-WebSocket-Protocol", "channel.k8s.io"), ("Sec-WebSocket-Protocol", nil),
        ] as [(String, String?)] {
            var headers = good
            headers[name] = value
            let error = #expect(throws: KubernetesError.self) {
                try handshake.check(HTTPResponseHead(status: 101, headers: headers), operation: "op")
            }
            #expect(error?.kind == .outcomeUnknown)
        }
    }

    @Test func answersHoweverTheyAreCut() throws {
        let texts: [(String, status: Int, body: String, isComplete: Bool)] = [
            ("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nX: a\r\n b\r\n\r\n\u{2}\u{1}", 101, "\u{2}\u{1}", false),
            ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 403, "", true),
            ("HTTP/1.0 500 Oops\nContent-Length: 4\n\nbody+more", 500, "body", true),
            ("HTTP/1.1 502 X\r\n\r\nuntil the end", 502, "until the end", false),
            (
                "HTTP/1.1 404 X\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n2;x=y\r\n!!\r\n0\r\n\r\n", 404,
                "body!!", true
            ),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad\r\nContent-Length: 1\r\n\r\nx", 400, "x", true),
        ]
        for (text, status, body, isComplete) in texts {
            let bytes = Array(text.utf8)
            for cut in 0...bytes.count {
                var reader = HTTPAnswerReader()
                try reader.append(Array(bytes[..<cut]))
                try reader.append(Array(bytes[cut...]))
                #expect(reader.head?.status == status)
                #expect(String(decoding: reader.body, as: UTF8.self) == body)
                #expect(reader.isBodyComplete == isComplete)
            }
        }
        var folded = HTTPAnswerReader()
        try folded.append(Array(texts[0].0.utf8))
        #expect(folded.head?.headers["x"] == "a b")
        #expect(folded.surplus == [2, 1])
    }

    @Test(arguments: [
        "SSH-2.0-x\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 abc X\r\n\r\n", "HTTP/1.1 99 X\r\n\r\n",
        "HTTP/1.1 200 X\r\nno colon\r\n\r\n", "HTTP/1.1 200 X\r\n folded first\r\n\r\n", "\r\n\r\n",
    ])
    func answersThatAreNone(_ text: String) {
        #expect(throws: HTTPAnswerReader.Violation.malformed) {
            var reader = HTTPAnswerReader()
            try reader.append(Array(text.utf8))
        }
    }

    @Test func aHeadWithoutEndIsRefused() {
        #expect(throws: HTTPAnswerReader.Violation.headTooLong) {
            var reader = HTTPAnswerReader()
            try reader.append(Array("HTTP/1.1 200 X\r\n".utf8))
            for _ in 0..<100 { try reader.append([UInt8](repeating: 65, count: 1000)) }
        }
    }
}

/// A frame as a server sends it.
func server(_ opcode: UInt8, _ payload: [UInt8], final: Bool = true) -> [UInt8] {
    var bytes = [(final ? 0x80 : 0) | opcode]
    if payload.count < 126 {
        bytes.append(UInt8(payload.count))
    } else if payload.count < 65_536 {
        bytes += [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    } else {
        bytes += [127, 0, 0, 0, 0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: payload.count >> $0) }
    }
    return bytes + payload
}

/// A client's frame, read the way a server reads it.
struct Unmasked {
    var isFinal: Bool
    var opcode: UInt8
    var isMasked: Bool
    var payload: [UInt8]
    var key: [UInt8]
    var byteCount: Int

    /// Nil when the frame is not complete yet.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 2 else { return nil }
        let short = Int(bytes[1] & 0x7F)
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        let start = 2 + lengthBytes + 4
        guard bytes.count >= start else { return nil }
        let length = lengthBytes == 0 ? short : bytes[2..<2 + lengthBytes].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= start + length else { return nil }
        let mask = Array(bytes[start - 4..<start])
        key = mask
        isFinal = bytes[0] & 0x80 != 0
        opcode = bytes[0] & 0x0F
        isMasked = bytes[1] & 0x80 != 0
        payload = bytes[start..<start + length].enumerated().map { $0.element ^ mask[$0.offset & 3] }
        byteCount = start + length
    }

    static func maskingKey(of frame: [UInt8]) -> [UInt8]? {
        guard frame.count >= 14 || frame.count >= 6 else { return nil }
        let short = frame[1] & 0x7F
        let start = short == 126 ? 4 : short == 127 ? 10 : 2
        return Array(frame[start..<start + 4])
    }
}
