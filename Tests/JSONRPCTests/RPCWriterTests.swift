import JSONRPC
import Testing

@Suite struct RPCWriterTests {
    private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test func writesOneLineEach() {
        #expect(
            text(RPCWriter.response(id: .string("a/b\n"), .success(Array("{}".utf8))))
                == "{\"jsonrpc\":\"2.0\",\"id\":\"a/b\\n\",\"result\":{}}\n")
        #expect(
            text(RPCWriter.request(method: "m", id: .integer(1), params: Array("{}".utf8)))
                == "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":{}}\n")
        #expect(
            text(RPCWriter.cancelRequest(id: .integer(1)))
                == "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":1}}\n")
    }

    @Test func writesErrorsThatCanBeReadBack() throws {
        let error = RPCError.overloaded("busy\nvery", retryAfter: 0.5)
        let line = RPCWriter.response(id: .null, .failure(error))
        #expect(line.count { $0 == UInt8(ascii: "\n") } == 1)
        guard case .single(.response(let response)) = RPCLine(decoding: line.dropLast(), maximumBatch: 1) else {
            Issue.record("not a response")
            return
        }
        #expect(throws: error) { try response.outcome.get() }
        #expect(error.data == ["kind": "overloaded", "retryable": true, "retry_after": 0.5])
    }

    @Test func joinsABatch() {
        var batch = RPCBatch(expected: 2, maximumBytes: 1000)
        #expect(batch.add(Array("{\"a\":1}\n".utf8), id: .integer(1)) == nil)
        #expect(text(batch.add(Array("{\"b\":2}\n".utf8), id: .integer(2))) == "[{\"a\":1},{\"b\":2}]\n")
    }

    @Test func boundsABatch() throws {
        var batch = RPCBatch(expected: 3, maximumBytes: 2000)
        let long = Array("{\"a\":\"\(String(repeating: "x", count: 800))\"}\n".utf8)
        #expect(batch.add(long, id: .integer(1)) == nil)
        #expect(batch.add(long, id: .integer(2)) == nil)
        let complete = batch.add(Array("{\"b\":1}\n".utf8), id: .integer(3))
        let line = try #require(complete)
        #expect(line.count <= 2000)
        let responses = try JSONCoding.decode(JSONValue.self, from: line[...]).arrayValue
        #expect(responses?.count == 3)
        #expect(responses?[1]["error"]?["data"]?["kind"] == "too_large")
        #expect(responses?[2] == ["b": 1])
    }

    @Test func drainsAQueueHoweverLittleIsTaken() {
        for step in 1...9 {
            var queue = ByteQueue()
            var written: [UInt8] = []
            for part in 0..<100 {
                queue.append([UInt8](repeating: UInt8(part), count: part % 7))
                if part.isMultiple(of: 3) {
                    queue.drain { bytes in
                        let taken = min(step, bytes.count)
                        written += bytes.prefix(taken)
                        return taken
                    }
                }
            }
            while !queue.isEmpty {
                queue.drain { bytes in
                    let taken = min(step, bytes.count)
                    written += bytes.prefix(taken)
                    return taken
                }
            }
            #expect(written == (0..<100).flatMap { [UInt8](repeating: UInt8($0), count: $0 % 7) })
            #expect(queue.byteCount == 0)
        }
    }

    @Test func codesAnyValue() throws {
        let value: JSONValue = [
            "null": nil, "yes": true, "whole": 9_007_199_254_740_993, "part": 1.5, "text": "ä\u{0}\n/",
            "list": [1, [], [:]],
        ]
        let bytes = try JSONCoding.encode(value)
        #expect(try JSONCoding.decode(JSONValue.self, from: bytes[...]) == value)
    }
}
