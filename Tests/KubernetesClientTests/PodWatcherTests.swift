import Foundation
import Logging
import Synchronization
import Testing

@testable import KubernetesClient

@Suite struct PodWatcherTests {
    /// Runs a watcher against a scripted server for the time of `body`.
    private func watching(
        _ script: @escaping @Sendable (FakeAPIServer.Connection, FakeAPIServer.Request) -> Void,
        _ body: (PodWatcher, FakeAPIServer) async throws -> Void
    ) async throws {
        try await withFake({ connection in
            while let request = connection.request() { script(connection, request) }
        }) { client, server in
            let watcher = PodWatcher(
                client: client, namespace: "n", labelSelector: "own=er",
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do { try await watcher.run() } catch is CancellationError {}
                }
                try await body(watcher, server)
                group.cancelAll()
            }
        }
    }

    private func line(_ type: String, _ object: String) -> String { #"{"type":"\#(type)","object":\#(object)}"# + "\n" }

    /// Events until, and with, the one that `isLast` knows.
    private func events(
        _ iterator: inout AsyncStream<PodEvent>.Iterator, until isLast: (PodEvent) -> Bool
    ) async -> [PodEvent] {
        var result: [PodEvent] = []
        while let event = await iterator.next(isolation: #isolation) {
            result.append(event)
            if isLast(event) { break }
        }
        return result
    }

    @Test("T51 T55 a normal end is resumed from the last bookmark")
    func aNormalEndIsResumedFromTheLastBookmark() async throws {
        let a = podJSON("a", uid: "1", version: "5")
        try await watching { connection, request in
            switch (request.query("watch"), request.query("resourceVersion")) {
            case (nil, _): connection.answer(200, listJSON([a], version: "5"))
            case (_, "5"):
                connection.startStream()
                connection.chunk(line("MODIFIED", podJSON("a", uid: "1", version: "6")))
                connection.chunk(line("BOOKMARK", #"{"kind":"Pod","metadata":{"resourceVersion":"9"}}"#))
                connection.endStream()
            default:
                connection.startStream()
                connection.chunk(line("DELETED", podJSON("a", uid: "1", version: "10")))
                connection.waitForEnd()
            }
        } _: { watcher, server in
            var iterator = watcher.events.makeAsyncIterator()
            let seen = await events(&iterator) { if case .deleted = $0 { true } else { false } }
            #expect(seen.filter { $0 == .resync }.count == 1)
            #expect(watcher.pod(named: "a") == nil)
            #expect(watcher.hasSynced)
            let requests = server.requests
            #expect(requests.map { $0.query("watch") ?? "list" } == ["list", "1", "1"])
            #expect(requests.map { $0.query("resourceVersion") } == ["0", "5", "9"])
            #expect(requests[0].query("resourceVersionMatch") == "NotOlderThan")
            for request in requests[1...] {
                #expect(request.query("allowWatchBookmarks") == "true")
                #expect(request.query("resourceVersionMatch") == nil)
                #expect(request.query("labelSelector") == "own=er")
                #expect((300...600).contains(request.query("timeoutSeconds").flatMap { Int($0) } ?? 0))
                #expect(request.headers["accept-encoding"] == nil)
            }
        }
    }

    @Test func whoWaitsForTheFirstListHasItsPods() async throws {
        let hold = DispatchSemaphore(value: 0)
        try await watching { connection, request in
            guard request.query("watch") == nil else { return connection.waitForEnd() }
            hold.wait()
            connection.answer(200, listJSON([podJSON("a", uid: "1")], version: "5"))
        } _: { watcher, _ in
            // Its time is over before there is a list.
            await watcher.waitForSync(until: .now + .milliseconds(50))
            #expect(!watcher.hasSynced)
            async let waited: Void = watcher.waitForSync(until: .now + .seconds(60))
            hold.signal()
            await waited
            #expect(watcher.pod(named: "a")?.uid == "1")
            await watcher.waitForSync(until: .now + .seconds(60))
        }
        // Nothing runs that could list.
        try await withFake({ _ in }) { client, _ in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let watcher = PodWatcher(client: client, namespace: "n", labelSelector: "", logger: logger)
            await watcher.waitForSync(until: .now + .seconds(3600))
            #expect(!watcher.hasSynced)
        }
    }

    /// As an event in the stream and as the answer to the request.
    @Test("T50 an expired version is listed anew, and the list's difference told", arguments: [true, false])
    func anExpiredVersionIsListedAnew(_ asEvent: Bool) async throws {
        try await watching { connection, request in
            switch (request.query("watch"), request.query("resourceVersion")) {
            case (nil, "0"):
                connection.answer(200, listJSON([podJSON("a", uid: "1"), podJSON("b", uid: "2")], version: "5"))
            case (nil, _): connection.answer(200, listJSON([podJSON("b", uid: "3")], version: "50"))
            case (_, "5") where asEvent:
                connection.startStream()
                connection.chunk(line("BOOKMARK", #"{"metadata":{"resourceVersion":"6"}}"#))
                connection.chunk(line("ERROR", statusJSON(410, "Expired")))
                connection.endStream()
            case (_, "5"): connection.answer(410, statusJSON(410, "Gone"))
            default:
                connection.startStream()
                connection.waitForEnd()
            }
        } _: { watcher, server in
            var iterator = watcher.events.makeAsyncIterator()
            _ = await events(&iterator) { $0 == .resync }
            let second = await events(&iterator) { $0 == .resync }
            let deleted = second.compactMap { if case .deleted(let pod) = $0 { pod.uid } else { nil } }
            #expect(deleted.sorted() == ["1", "2"])
            #expect(watcher.pods.map(\.uid) == ["3"])
            let lists = server.requests.filter { $0.query("watch") == nil }
            // The most recent state, not any cache's.
            #expect(lists.map { $0.query("resourceVersion") } == ["0", nil])
        }
    }

    @Test("T64 a forbidden watch is polled") func aForbiddenWatchIsPolled() async throws {
        let lists = Mutex(0)
        try await watching { connection, request in
            guard request.query("watch") == nil else {
                return connection.answer(403, statusJSON(403, "Forbidden", "cannot watch"))
            }
            let count = lists.withLock { count in
                count += 1
                return count
            }
            connection.answer(200, listJSON(count < 3 ? [podJSON("a", uid: "1")] : [], version: "\(count)"))
        } _: { watcher, _ in
            var iterator = watcher.events.makeAsyncIterator()
            let seen = await events(&iterator) { if case .deleted = $0 { true } else { false } }
            #expect(seen.filter { $0 == .resync }.count == 1)
        }
    }

    @Test func waitsEndByVerdictDeadlineAndCancellation() async throws {
        let (go, signal) = AsyncStream.makeStream(of: Void.self)
        let hold = DispatchSemaphore(value: 0)
        defer { signal.finish() }
        try await watching { connection, request in
            if request.query("watch") == nil {
                return connection.answer(200, listJSON([podJSON("a", uid: "1")], version: "5"))
            }
            connection.startStream()
            hold.wait()
            connection.chunk(line("MODIFIED", podJSON("a", uid: "1", version: "6")))
            connection.chunk(line("DELETED", podJSON("a", uid: "1", version: "7")))
            connection.waitForEnd()
        } _: { watcher, _ in
            let late = await #expect(throws: KubernetesError.self) {
                try await watcher.wait(for: "a", uid: "1", until: .now) { _ -> Bool? in nil }
            }
            #expect(late?.kind == .timeout)
            let cancelled = await withTaskGroup(of: KubernetesError?.self) { group in
                group.addTask {
                    do throws(KubernetesError) {
                        _ = try await watcher.wait(for: "a", uid: "1", until: .now + .seconds(60)) { _ -> Bool? in
                            signal.yield()
                            return nil
                        }
                        return nil
                    } catch {
                        return error
                    }
                }
                for await _ in go { break }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(cancelled?.kind == .cancelled)
            // What the verdict throws is what the caller gets.
            let refused = await #expect(throws: KubernetesError.self) {
                try await watcher.wait(for: "a", uid: "1", until: .now + .seconds(60)) {
                    (_) throws(KubernetesError) -> Bool? in throw KubernetesError(.invalid, "no")
                }
            }
            #expect(refused?.kind == .invalid)
            let versions = Mutex<[String]>([])
            let last = try await watcher.wait(for: "a", uid: "1", until: .now + .seconds(60)) {
                observation -> String? in
                switch observation {
                case .present(let pod):
                    versions.withLock { $0.append(pod.metadata.resourceVersion) }
                    hold.signal()
                    return nil
                case .gone(let pod): return pod?.metadata.resourceVersion
                }
            }
            #expect(last == "7")
            #expect(versions.withLock { $0 } == ["1", "6"])
        }
    }

    /// Created and deleted between two lists: no event will ever come, so the cluster itself is asked.
    @Test func aPodThatNoListHoldsIsAskedFor() async throws {
        let (go, signal) = AsyncStream.makeStream(of: Void.self)
        let waiting = DispatchSemaphore(value: 0)
        try await watching { connection, request in
            switch (request.path.hasSuffix("/pods"), request.query("watch"), request.query("resourceVersion")) {
            case (false, _, _): connection.answer(404, statusJSON(404, "NotFound"))
            case (_, nil, "0"): connection.answer(200, listJSON([], version: "5"))
            case (_, nil, _): connection.answer(200, listJSON([], version: "9"))
            case (_, _, "5"):
                signal.yield()
                waiting.wait()
                connection.answer(410, statusJSON(410, "Gone"))
            default:
                connection.startStream()
                connection.waitForEnd()
            }
        } _: { watcher, _ in
            for await _ in go { break }
            async let observation = watcher.wait(for: "x", uid: "7", until: .now + .seconds(30)) { $0 }
            // Not before the wait is known, or the second list would pass it by.
            while watcher.waiterCount == 0 { await Task.yield() }
            waiting.signal()
            let result = try await observation
            #expect(result == .gone(nil))
        }
    }

    @Test func theEndOfTheWatcherEndsWaitsAndEvents() async throws {
        try await withFake({ connection in
            while connection.request() != nil { connection.answer(200, listJSON([], version: "")) }
        }) { client, _ in
            let watcher = PodWatcher(
                client: client, namespace: "n", labelSelector: "",
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let events = watcher.events
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await watcher.run() }
                var iterator = events.makeAsyncIterator()
                #expect(await iterator.next() == .resync)
                group.cancelAll()
                await group.waitForAll()
                while await iterator.next() != nil {}
            }
            let error = await #expect(throws: KubernetesError.self) {
                try await watcher.wait(for: "x", uid: "1", until: .now + .seconds(60)) { $0 }
            }
            #expect(error?.kind == .transport)
        }
    }

    /// A connection that was cut without a word, as by a firewall: no FIN, no data, only our own clock.
    @Test("T53 a watch that falls silent ends by our own clock") func aSilentWatchEnds() async throws {
        try await withFake { connection in
            guard connection.request() != nil else { return }
            connection.startStream()
            connection.waitForEnd()
        } _: { client, _ in
            let error = await #expect(throws: KubernetesError.self) {
                try await client.watchPods(
                    namespace: "n", resourceVersion: "5", duration: .seconds(1), patience: .zero
                ) { _ in }
            }
            #expect(error?.kind == .timeout)
        }
    }

    /// Nobody asked for it; what a proxy squeezes all the same is an error, not events.
    @Test("T55 a compressed watch is refused, not misread") func aCompressedWatchIsRefused() async throws {
        try await withFake { connection in
            guard connection.request() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
            // The head of a gzip member (RFC 1952) and a newline somewhere in its data.
            connection.send("9\r\n")
            connection.send([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0x0A])
            connection.send("\r\n0\r\n\r\n")
        } _: { client, _ in
            let error = await #expect(throws: KubernetesError.self) {
                try await client.watchPods(namespace: "n", resourceVersion: "5") { event in
                    Issue.record("\(event)")
                }
            }
            #expect(error?.kind == .malformedResponse)
        }
    }

    @Test("T54 a watch refused with 429 starts again from the same version") func aWatchRefusedWith429() async throws {
        let refusals = Mutex(0)
        try await watching { connection, request in
            guard request.query("watch") != nil else {
                return connection.answer(200, listJSON([podJSON("a", uid: "1")], version: "5"))
            }
            let isFirst = refusals.withLock { count in
                count += 1
                return count == 1
            }
            if isFirst { return connection.answer(429, statusJSON(429, "TooManyRequests")) }
            connection.startStream()
            connection.chunk(line("DELETED", podJSON("a", uid: "1", version: "6")))
            connection.waitForEnd()
        } _: { watcher, server in
            var iterator = watcher.events.makeAsyncIterator()
            _ = await events(&iterator) { if case .deleted = $0 { true } else { false } }
            let versions = server.requests.map { "\($0.query("watch") ?? "list") \($0.query("resourceVersion") ?? "")" }
            #expect(versions == ["list 0", "1 5", "1 5"])
        }
    }

    /// 10 000 pods in pages and 50 000 events, each object with 4 KiB that nobody needs, over one list and one watch.
    @Test("T58 ten thousand pods and their updates take bounded memory", .timeLimit(.minutes(2)))
    func manyPods() async throws {
        let (pods, rounds, page) = (10_000, 5, 500)
        let ballast = #","managedFields":[{"manager":"\#(String(repeating: "x", count: 4096))"}]"#
        @Sendable func pod(_ index: Int, _ version: Int) -> String {
            podJSON("p\(index)", uid: "u\(index)", version: "\(version)", extra: ballast)
        }
        try await watching { connection, request in
            guard request.query("watch") == nil else {
                connection.startStream()
                for round in 1...rounds {
                    for first in stride(from: 0, to: pods, by: 100) {
                        connection.chunk(
                            (first..<first + 100).map { line("MODIFIED", pod($0, round * pods + $0 + 1)) }.joined())
                    }
                }
                connection.chunk(line("DELETED", pod(0, (rounds + 1) * pods)))
                return connection.waitForEnd()
            }
            let first = request.query("continue").flatMap { Int($0) } ?? 0
            connection.answer(
                200,
                listJSON(
                    (first..<first + page).map { pod($0, 1) }, version: "9",
                    continueToken: first + page < pods ? "\(first + page)" : ""))
        } _: { watcher, server in
            let before = try residentBytes()
            var iterator = watcher.events.makeAsyncIterator()
            // A follower who sees only some events, as one that falls behind does, sees the state all the same.
            while watcher.pod(named: "p0") != nil || !watcher.hasSynced {
                guard await iterator.next(isolation: #isolation) != nil else { break }
            }
            #expect(watcher.pods.count == pods - 1)
            #expect(watcher.pod(named: "p9999")?.metadata.resourceVersion == "\(rounds * pods + 10_000)")
            #expect(server.requests.filter { $0.query("watch") != nil }.count == 1)
            #expect(server.requests.count == pods / page + 1)
            // 10 000 pods of some kilobytes as decoded; the 240 MB that went over the wire are not among them.
            let grown = try residentBytes() - before
            #expect(grown < 160 << 20)
        }
    }

    /// proc(5), /proc/self/statm: the second number is resident pages.
    private func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
            * sysconf(Int32(_SC_PAGESIZE))
    }
}
