import JSONRPC
import Testing

@Suite struct ParamsDecoderTests {
    private struct Sample: RPCParams, Equatable {
        static let memberNames = ["session_id", "timeout", "labels", "argv", "wait", "ends"]

        enum End: String, Codable, CaseIterable {
            case keep
            case letGo = "let_go"
        }

        var sessionID: String
        var timeout: Double?
        var labels: [String: String]?
        var argv: [Int]?
        var wait: Bool?
        var ends: [End]?

        enum CodingKeys: String, CodingKey {
            case sessionID = "session_id"
            case timeout, labels, argv, wait, ends
        }
    }

    private func decode(_ text: String) throws -> Sample {
        try ParamsDecoder.decode(Sample.self, from: Array(text.utf8)[...])
    }

    private func refusal(_ text: String) -> String {
        do {
            _ = try decode(text)
            return "accepted"
        } catch let error as RPCError {
            #expect(error.code == -32602)
            #expect(error.kind == "invalid_params")
            #expect(error.data?["retryable"] == false)
            return error.message
        } catch {
            return "\(error)"
        }
    }

    @Test func takesNullForAbsent() throws {
        #expect(
            try decode("{\"session_id\":\"a\",\"timeout\":null,\"labels\":null}") == Sample(sessionID: "a"))
        #expect(try ParamsDecoder.decode(NoParams.self, from: nil) == NoParams())
    }

    @Test func namesAnUnknownMemberAndTheNearestRightOne() {
        #expect(
            refusal("{\"session_id\":\"a\",\"sesion_id\":1}")
                == "params has an unknown member 'sesion_id'; did you mean 'session_id'?")
        #expect(
            refusal("{\"colour\":1}")
                == "params has an unknown member 'colour'; this method takes 'session_id', 'timeout', 'labels', 'argv', "
                + "'wait', 'ends'")
        #expect(throws: RPCError.self) { try ParamsDecoder.decode(NoParams.self, from: Array("{\"a\":1}".utf8)[...]) }
    }

    @Test func namesWhatIsWrongByItsPath() {
        #expect(refusal("{}") == "'session_id' is missing")
        #expect(refusal("{\"session_id\":null}") == "'session_id' must not be null")
        #expect(refusal("{\"session_id\":5}") == "'session_id' must be a string")
        #expect(refusal("{\"session_id\":\"a\",\"timeout\":\"5\"}") == "'timeout' must be a number")
        #expect(refusal("{\"session_id\":\"a\",\"wait\":1}") == "'wait' must be true or false")
        #expect(refusal("{\"session_id\":\"a\",\"labels\":{\"team\":1}}") == "'labels.team' must be a string")
        #expect(refusal("{\"session_id\":\"a\",\"labels\":[]}") == "'labels' must be an object")
        #expect(refusal("{\"session_id\":\"a\",\"argv\":{}}") == "'argv' must be an array")
        #expect(refusal("{\"session_id\":\"a\",\"argv\":[1,\"x\"]}") == "'argv[1]' must be an integer")
        #expect(refusal("{\"session_id\":\"a\",\"session_id\":\"b\"}") == "params has the member 'session_id' twice")
        #expect(refusal("[\"a\"]") == "params must be an object with named members")
    }

    @Test(arguments: ["1e400", "-1e400", "123456789012345678901234567890e1000"])
    func refusesNumbersThatDoNotFit(_ number: String) {
        #expect(
            refusal("{\"session_id\":\"a\",\"timeout\":\(number)}") == "params: a number that is too large at byte 28")
    }

    @Test(arguments: ["1e300", "9223372036854775808", "-9223372036854775809"])
    func refusesWholeNumbersOutOfRange(_ number: String) {
        #expect(
            refusal("{\"session_id\":\"a\",\"argv\":[\(number)]}")
                == "'argv[0]': must be from -9223372036854775808 to 9223372036854775807")
    }

    @Test func namesTheValuesThatThereAre() {
        #expect(
            refusal("{\"session_id\":\"a\",\"ends\":[\"keep\",\"letGo\"]}")
                == "'ends[1]': must be one of 'keep', 'let_go', is 'letGo'")
        #expect(refusal("{\"session_id\":\"a\",\"ends\":[1]}") == "'ends[0]' must be a string")
        #expect(refusal("{\"session_id\":\"a\",\"ends\":[null]}") == "'ends[0]' must not be null")
        let long = String(repeating: "x", count: 1_000_000)
        #expect(refusal("{\"session_id\":\"a\",\"ends\":[\"\(long)\"]}").utf8.count < 500)
    }

    @Test func refusesAFractionWhereAWholeNumberIsWanted() {
        #expect(refusal("{\"session_id\":\"a\",\"argv\":[1.5]}") != "accepted")
    }

    @Test(arguments: ["\\ud800", "\\udc00", "\\ud800x", "\\ud800\\n", "\\ud800\\ud800", "\\ud800\\u0041"])
    func refusesHalfASurrogatePair(_ text: String) {
        #expect(refusal("{\"session_id\":\"\(text)\"}").hasPrefix("params: half a surrogate pair in a string"))
        #expect(refusal("{\"\(text)\":\"a\"}").hasPrefix("params: half a surrogate pair in a string"))
    }

    @Test func readsASurrogatePair() throws {
        #expect(try decode("{\"session_id\":\"\\ud83d\\ude00\"}").sessionID == "😀")
    }

    @Test func readsAnEscapedNUL() throws {
        #expect(try decode("{\"session_id\":\"a\\u0000b\"}").sessionID == "a\0b")
    }

    @Test func cutsWhatItRepeatsOfThePeersText() {
        let name = String(repeating: "x", count: 1_000_000)
        #expect(refusal("{\"\(name)\":1}").utf8.count < 500)
        #expect(refusal("{\"session_id\":\"a\",\"labels\":{\"\(name)\":1}}").utf8.count < 500)
    }
}
