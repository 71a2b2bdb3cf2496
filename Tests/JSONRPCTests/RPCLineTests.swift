import JSONRPC
import Testing

@Suite struct RPCLineTests {
    private func line(_ text: String, maximumBatch: Int = 4) -> RPCLine {
        RPCLine(decoding: Array(text.utf8), maximumBatch: maximumBatch)
    }

    private func request(_ text: String) -> RPCRequest? {
        guard case .single(.request(let request)) = line(text) else { return nil }
        return request
    }

    private func refusal(_ text: String) -> Refusal? {
        guard case .single(.invalid(let error, let id)) = line(text) else { return nil }
        return Refusal(code: error.code, kind: error.kind, id: id)
    }

    private struct Refusal: Equatable {
        var code: Int
        var kind: String?
        var id: JSONRPCID

        static func invalid(_ id: JSONRPCID = .null) -> Self { Self(code: -32600, kind: "invalid_request", id: id) }
        static let parse = Self(code: -32700, kind: "parse_error", id: .null)
    }

    @Test func readsRequestsAndNotifications() throws {
        let call = try #require(request("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"a.b\",\"params\":{\"x\":[1]}}"))
        #expect(call.id == .integer(7))
        #expect(call.method == "a.b")
        #expect(call.params.map(Array.init) == Array("{\"x\":[1]}".utf8))
        let notification = try #require(request("{\"method\":\"n\",\"jsonrpc\":\"2.0\",\"extra\":true}"))
        #expect(notification.id == nil)
        #expect(notification.params == nil)
    }

    @Test func keepsEveryKindOfID() {
        func id(_ text: String) -> JSONRPCID? { request("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":\(text)}")?.id }
        #expect(id("null") == .null)
        #expect(id("\"x\\n\"") == .string("x\n"))
        #expect(id("-9223372036854775808") == .integer(.min))
        #expect(id("1.5") == .number(1.5))
        for wrong in ["true", "[]", "{}", "9223372036854775808", "1e400"] {
            #expect(refusal("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":\(wrong)}") == .invalid())
        }
    }

    /// A member that nobody knows makes a line one for the closer look: it must see the same.
    @Test(arguments: [
        #""id":7,"method":"a.b","params":{"x":[1]}"#, #""id":"s","method":"m""#, #""id":"ü","method":"é","params":[]"#,
        #""method":"m""#, #" "params" : { } , "method" : "m" "#, #""id":"x\n","method":"m""#,
        #""id":null,"method":"m""#,
        #""id":-0,"method":"m""#, #""id":1.0,"method":"m""#, #""id":9223372036854775807,"method":"m""#,
        #""id":9223372036854775808,"method":"m""#, #""id":7,"method":"a\u002eb""#, #""id":7,"method":"""#,
        #""id":7,"method":5"#, #""id":7,"method":"m","params":null"#, #""id":7,"method":"m","params":"{}""#,
        #""id":7,"id":7,"method":"m""#, #""id":7,"method":"m","method":"m""#, #""id":7,"result":1"#, #""id":7"#,
        #""id":7,"method":"m","result":1"#, #""\u0069d":7,"method":"m""#, #""id":"","method":"m""#,
    ])
    func plainRequestsAreReadAsAllOthers(_ members: String) {
        for version in [#""jsonrpc":"2.0","#, #""jsonrpc":"2\u002e0","#, #""jsonrpc":2.0,"#, #""jsonrpc":"1.0","#, ""] {
            let plain = line("{\(version)\(members)}")
            #expect("\(plain)" == "\(line("{\(version)\(members),\"extra\":0}"))".replacing(",\"extra\":0", with: ""))
        }
    }

    @Test func refusesWhatIsNoMessage() {
        #expect(refusal("{\"jsonrpc\": \"2.0\", \"method\": \"foobar, \"params\": \"bar\", \"baz]") == .parse)
        #expect(refusal("nonsense") == .parse)
        #expect(refusal("{}\u{0}") == .parse)
        #expect(refusal("[]") == .invalid())
        #expect(refusal("1") == .invalid())
        #expect(refusal("\"text\"") == .invalid())
        #expect(refusal("{}") == .invalid())
        #expect(refusal("{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":1,\"params\":\"bar\"}") == .invalid(.integer(3)))
        #expect(refusal("{\"jsonrpc\":\"1.0\",\"id\":3,\"method\":\"m\"}") == .invalid(.integer(3)))
        #expect(refusal("{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"m\",\"params\":5}") == .invalid(.integer(3)))
        #expect(
            refusal("{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"m\",\"method\":\"n\"}") == .invalid(.string("q")))
        #expect(refusal("[1,2,3,4,5]") == .invalid())
    }

    @Test func survivesHostileNesting() {
        #expect(refusal(String(repeating: "[", count: 100_000)) == .parse)
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(refusal("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":\(deep)}") == .parse)
    }

    @Test func findsTheIDOfAMessageThatIsCut() {
        let text = Array("{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"params\":{\"id\":1,\"a\":[1,{\"text\":\"x\"}]}}".utf8)
        let known = "{\"jsonrpc\":\"2.0\",\"id\":\"q\"".utf8.count
        for cut in 0...text.count {
            #expect(JSONRPCID(ofMessageStarting: Array(text[..<cut])) == (cut <= known ? .null : .string("q")))
        }
        #expect(JSONRPCID(ofMessageStarting: Array("[{\"id\":1}".utf8)) == .null)
        #expect(JSONRPCID(ofMessageStarting: Array("{\"id\":12".utf8)) == .null)
        #expect(JSONRPCID(ofMessageStarting: Array("{\"id\":12,".utf8)) == .integer(12))
    }

    @Test func readsBatches() {
        let text =
            "[1,{\"jsonrpc\":\"2.0\",\"method\":\"n\"},{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"m\"},{\"foo\":\"boo\"}]"
        guard case .batch(let messages) = line(text) else {
            Issue.record("not a batch")
            return
        }
        let shown = messages.map { message in
            switch message {
            case .request(let request): "\(request.method) \(request.id?.description ?? "-")"
            case .response: "response"
            case .invalid(let error, let id): "\(error.code) \(id)"
            }
        }
        #expect(shown == ["-32600 null", "n -", "m 2", "-32600 null"])
    }

    @Test func readsResponses() throws {
        guard case .single(.response(let success)) = line("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":1}}"),
            case .single(.response(let failure)) = line(
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-5,\"message\":\"m\",\"data\":{\"kind\":\"k\"}}}")
        else {
            Issue.record("not responses")
            return
        }
        #expect(success.id == .integer(1))
        #expect(try success.outcome.get() == Array("{\"a\":1}".utf8)[...])
        #expect(failure.id == .null)
        #expect(throws: RPCError(code: -5, message: "m", data: ["kind": "k"])) { try failure.outcome.get() }
        #expect(
            refusal("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"error\":{\"code\":1,\"message\":\"\"}}")
                == .invalid(.integer(1)))
        #expect(refusal("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":5}") == .invalid(.integer(1)))
    }
}
