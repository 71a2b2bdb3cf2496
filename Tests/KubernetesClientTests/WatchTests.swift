import Foundation
import Testing

@testable import KubernetesClient

@Suite struct WatchTests {
    static func line(_ type: String, _ name: String, uid: String, version: String) -> String {
        #"{"type":"\#(type)","object":{"kind":"Pod","metadata":{"name":"\#(name)","uid":"\#(uid)","resourceVersion":"\#(version)","labels":{"x":"ü☃"}}}}"#
    }

    @Test("T49 lines are the same however the stream is cut") func linesAreTheSameHoweverTheStreamIsCut() throws {
        let lines = [
            Self.line("ADDED", "a", uid: "1", version: "5"), "", "ü☃ y",
            Self.line("DELETED", "b", uid: "2", version: "6"),
        ]
        let stream = Array((lines[0] + "\n\n" + lines[2] + "\r\n" + lines[3] + "\nrest").utf8)
        let expected = [lines[0], lines[2], lines[3]].map { Array($0.utf8) }
        for cut in 0...stream.count {
            var splitter = LineSplitter()
            let result = try splitter.append(Array(stream[..<cut])) + splitter.append(Array(stream[cut...]))
            #expect(result == expected, "cut at \(cut)")
        }
        var splitter = LineSplitter()
        var single: [[UInt8]] = []
        for byte in stream { single += try splitter.append([byte]) }
        #expect(single == expected)
    }

    @Test("T49 lines of megabytes pass, and are bounded") func linesAreBounded() throws {
        var splitter = LineSplitter(limit: 10)
        #expect(try splitter.append(Array("0123456789\n".utf8)).count == 1)
        #expect(throws: KubernetesError.self) { try splitter.append(Array("01234567890".utf8)) }
        var big = LineSplitter()
        let line = [UInt8](repeating: 65, count: 3 << 20)
        #expect(try big.append(line).isEmpty)
        #expect(try big.append([10]) == [line])
    }

    @Test("T49 events, unknown types and errors") func events() throws {
        func parse(_ text: String) throws(KubernetesError) -> WatchEvent? {
            try WatchEvent.parse(Array(text.utf8), operation: "watch")
        }
        #expect(try parse(Self.line("ADDED", "a", uid: "1", version: "5"))?.resourceVersion == "5")
        guard case .deleted(let pod)? = try parse(Self.line("DELETED", "a", uid: "1", version: "6")) else {
            Issue.record("not a deletion")
            return
        }
        #expect(pod.metadata.labels == ["x": "ü☃"])
        let bookmark = try parse(#"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"9"}}}"#)
        #expect(bookmark == .bookmark(resourceVersion: "9"))
        #expect(try parse(#"{"type":"NOVELTY","object":5}"#) == nil)
        for (text, kind) in [
            (
                #"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"old"}}"#,
                KubernetesError.Kind.gone
            ),
            (#"{"type":"ERROR","object":{"kind":"Status","code":429,"reason":"TooManyRequests"}}"#, .tooManyRequests),
            (#"{"type":"ERROR","object":{"kind":"Status","code":500}}"#, .server),
            (#"{"type":"ERROR","object":7}"#, .malformedResponse),
            (#"{"type":"ADDED","object":{}}"#, .malformedResponse),
            (#"{"type":"ADDED"}"#, .malformedResponse), ("nonsense", .malformedResponse), ("{}", .malformedResponse),
        ] {
            let error = #expect(throws: KubernetesError.self) { try parse(text) }
            #expect(error?.kind == kind, "\(text)")
        }
    }

    private func pod(_ name: String, _ uid: String, _ version: String = "1") -> Pod {
        Pod(metadata: ObjectMetadata(name: name, namespace: "n", uid: uid, resourceVersion: version))
    }

    @Test("T50 T59 a relist shows what was missed") func aRelistShowsWhatWasMissed() {
        var cache = PodCache()
        #expect(cache.take([pod("a", "1"), pod("b", "2"), pod("c", "3")]).count == 3)
        var events = cache.take([pod("a", "1"), pod("b", "9")])
        events += cache.take([pod("d", "4")])
        events += cache.removeAll(but: ["a", "b", "d"])
        #expect(events.contains(.deleted(pod("c", "3"))))
        #expect(events.contains(.deleted(pod("b", "2"))))
        #expect(events.contains(.modified(pod("b", "9"))))
        #expect(events.contains(.modified(pod("d", "4"))))
        #expect(events.count == 4)
        #expect(cache.observation(name: "b", uid: "2") == .gone(pod("b", "2")))
        #expect(cache.observation(name: "b", uid: "9") == .present(pod("b", "9")))
        #expect(cache.observation(name: "z", uid: "z") == nil)
    }

    @Test("T59 a name that changes hands is a death and a birth")
    func aNameThatChangesHandsIsADeathAndABirth() {
        var cache = PodCache()
        _ = cache.apply(.added(pod("a", "1")))
        #expect(cache.apply(.modified(pod("a", "2"))) == [.deleted(pod("a", "1")), .modified(pod("a", "2"))])
        // The old pod's late deletion does not touch the new one.
        #expect(cache.apply(.deleted(pod("a", "1"))) == [.deleted(pod("a", "1"))])
        #expect(cache["a"]?.uid == "2")
        #expect(cache.apply(.deleted(pod("a", "2"))) == [.deleted(pod("a", "2"))])
        #expect(cache.isEmpty)
    }

    @Test func theDepartedAreForgottenInTheEnd() {
        var cache = PodCache()
        for index in 0..<(PodCache.maximumDeparted * 2 + 10) {
            _ = cache.apply(.deleted(pod("p\(index)", "u\(index)")))
        }
        #expect(cache.observation(name: "p0", uid: "u0") == nil)
        let last = PodCache.maximumDeparted * 2 + 9
        #expect(cache.observation(name: "p\(last)", uid: "u\(last)") != nil)
        #expect(cache.observation(name: "x", uid: "u\(last - PodCache.maximumDeparted + 1)") != nil)
        #expect(cache.observation(name: "x", uid: "u\(last - PodCache.maximumDeparted)") == nil)
    }

    @Test func aFollowerWhoFallsBehindGetsOneResync() async {
        let buffer = PodEventBuffer(limit: 4)
        buffer.append((0..<5).map { .modified(pod("p", "\($0)")) })
        #expect(await buffer.next() == .resync)
        buffer.append([.resync, .resync, .modified(pod("q", "1"))])
        #expect(await buffer.next() == .resync)
        #expect(await buffer.next() == .modified(pod("q", "1")))
        let waiting = await withTaskGroup(of: PodEvent?.self) { group in
            group.addTask { await buffer.next() }
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(waiting == nil)
        async let next = buffer.next()
        buffer.append([.modified(pod("r", "1"))])
        #expect(await next == .modified(pod("r", "1")))
        buffer.finish()
        #expect(await buffer.next() == nil)
    }
}
