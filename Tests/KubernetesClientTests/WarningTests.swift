import HTTPTransport
import Testing

@testable import KubernetesClient

@Suite struct WarningTests {
    private func headers(_ values: String...) -> HTTPHeaders {
        HTTPHeaders(values.map { HTTPHeaders.Field(name: "Warning", value: $0) })
    }

    @Test func eachIsNewOnce() {
        let log = WarningLog()
        let first = headers(#"299 - "a \"b\" is old \\ bad""#, #"299 kube "a \"b\" is old \\ bad""#, #"299 - "other""#)
        #expect(log.news(in: first) == [#"a "b" is old \ bad"#, "other"])
        #expect(log.news(in: first).isEmpty)
        #expect(log.news(in: headers(#"299 - "third""#)) == ["third"])
    }

    @Test(arguments: ["", "299", #"299 - ""#, "299 - bare", #"110 - "stale""#]) func othersAreLeftOut(_ value: String) {
        #expect(WarningLog().news(in: headers(value)).isEmpty)
    }

    @Test func textsAreBoundedAndOnOneLine() {
        let long = String(repeating: "x", count: 5000)
        #expect(WarningLog().news(in: headers("299 - \"a\u{7}\(long)\"")) == ["a " + long.prefix(998)])
    }

    @Test func soIsTheMemoryOfThem() {
        let log = WarningLog()
        for number in 0...WarningLog.maximumTexts { #expect(log.news(in: headers("299 - \"\(number)\"")).count == 1) }
        #expect(log.news(in: headers("299 - \"0\"")) == ["0"])
    }
}
