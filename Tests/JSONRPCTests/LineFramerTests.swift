import JSONRPC
import Testing

@Suite struct LineFramerTests {
    @Test func givesTheSameLinesHoweverTheStreamIsCut() {
        let text = Array("{\"a\":1}\n\n{\"b\":\"ä\"}\r\n  \n{\"c\":3}\nrest".utf8)
        let expected: [LineFramer.Event] = ["{\"a\":1}", "{\"b\":\"ä\"}", "{\"c\":3}"].map { .line(Array($0.utf8)) }
        for cut in 0...text.count {
            var framer = LineFramer(maximumLineBytes: 100)
            #expect(framer.append(text[..<cut]) + framer.append(text[cut...]) == expected)
            #expect(framer.bufferedBytes == 4)
        }
        var framer = LineFramer(maximumLineBytes: 100)
        #expect(text.flatMap { framer.append([$0]) } == expected)
    }

    @Test func reportsATooLongLineOnceAndGoesOnAfterItsEnd() {
        let text = Array("12345678\n123456789\n1234567890123456789\nok\n".utf8)
        let tooLong = LineFramer.Event.tooLong(Array("12345678".utf8))
        let expected: [LineFramer.Event] = [
            .line(Array("12345678".utf8)), tooLong, tooLong, .line(Array("ok".utf8)),
        ]
        for cut in 0...text.count {
            var framer = LineFramer(maximumLineBytes: 8)
            #expect(framer.append(text[..<cut]) + framer.append(text[cut...]) == expected)
        }
        var framer = LineFramer(maximumLineBytes: 8)
        #expect(text.flatMap { framer.append([$0]) } == expected)
    }

    @Test func neverHoldsMoreThanTheLimit() {
        var framer = LineFramer(maximumLineBytes: 10)
        var events: [LineFramer.Event] = []
        for _ in 0..<1000 {
            events += framer.append([UInt8](repeating: 65, count: 7))
            #expect(framer.bufferedBytes <= 10)
        }
        #expect(events == [.tooLong([UInt8](repeating: 65, count: 10))])
    }

    @Test func skipsALineOnDemand() {
        var framer = LineFramer(maximumLineBytes: 100)
        #expect(framer.append(Array("first half".utf8)).isEmpty)
        #expect(framer.skipLine() == Array("first half".utf8))
        #expect(framer.bufferedBytes == 0)
        #expect(framer.append(Array(" second half\nnext\n".utf8)) == [.line(Array("next".utf8))])
    }
}
