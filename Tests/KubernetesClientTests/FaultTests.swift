import Foundation
import HTTPTransport
import Synchronization
import Testing

@testable import KubernetesClient

@Suite struct FaultTests {
    /// Answers every request of every connection with the next of `answers`; the last one is repeated.
    private func inTurn(
        _ answers: [@Sendable (FakeAPIServer.Connection, FakeAPIServer.Request) -> Void]
    ) -> @Sendable (FakeAPIServer.Connection) -> Void {
        let next = Counter()
        return { connection in
            while let request = connection.request() {
                answers[min(next.advance(), answers.count - 1)](connection, request)
            }
        }
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        func advance() -> Int {
            value.withLock { value in
                defer { value += 1 }
                return value
            }
        }
    }

    @Test("T12 What a request looks like; a path prefix is before each, once") func whatARequestLooksLike() async throws
    {
        let script = inTurn([{ connection, _ in connection.answer(200, podJSON("p", uid: "u")) }])
        try await withFake(script) { client, server in
            #expect(try await client.getPod(namespace: "n", name: "p").uid == "u")
            let request = try #require(server.requests.first)
            #expect(request.method == "GET")
            #expect(request.target == "/gate/api/v1/namespaces/n/pods/p")
            #expect(request.headers["user-agent"]?.first?.hasPrefix("podkeeper/1.2 (linux/") == true)
            #expect(request.headers["accept"] == ["application/json"])
            #expect(request.headers["accept-encoding"] == nil)
            #expect(request.headers["authorization"] == nil)
            _ = try await client.createPod(namespace: "n", manifest: Array("{}".utf8))
            let post = try #require(server.requests.last)
            #expect(post.target == "/gate/api/v1/namespaces/n/pods?fieldManager=podkeeper&fieldValidation=Strict")
            #expect(post.headers["content-type"] == ["application/json"])
            #expect(post.body == "{}")
            _ = try await client.patchPod(namespace: "n", name: "p", uid: "u", labels: ["a": "b", "c": nil])
            let patch = try #require(server.requests.last)
            #expect(patch.method == "PATCH")
            #expect(patch.headers["content-type"] == ["application/merge-patch+json"])
            #expect(patch.body.contains(#""c":null"#) && patch.body.contains(#""uid":"u""#))
            let exec = ExecRequest(namespace: "n", pod: "p", container: "c", command: ["true"])
            await #expect(throws: KubernetesError.self) { try await client.exec(exec) { _ in } }
            #expect(server.requests.last?.path == "/gate/api/v1/namespaces/n/pods/p/exec")
        }
    }

    @Test("T34 reads survive what proxies say") func readsSurviveWhatProxiesSay() async throws {
        let script = inTurn([
            { connection, _ in connection.answer(502, "<html>bad</html>", headers: "Content-Type: text/html\r\n") },
            { connection, _ in connection.answer(500, "") },
            { connection, _ in
                connection.send("HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\n")
                connection.chunk(statusJSON(503, "ServiceUnavailable"))
                connection.endStream()
            },
            { connection, _ in connection.answer(200, podJSON("p", uid: "u")) },
        ])
        try await withFake(script) { client, server in
            let pod = try await client.getPod(namespace: "n", name: "p")
            #expect(pod.uid == "u")
            #expect(server.requests.count == 4)
        }
    }

    @Test(
        "T34 successes that are none",
        arguments: [
            (#"{"kind":"Pod","metadata":{"na"#, KubernetesError.Kind.malformedResponse), ("<html>", .malformedResponse),
            (statusJSON(404, "NotFound"), .notFound), ("{}", .malformedResponse),
            (#"{"metadata":{"name":"p"}}"#, .malformedResponse),
        ])
    func successesThatAreNone(_ body: String, _ kind: KubernetesError.Kind) async throws {
        try await withFake(inTurn([{ connection, _ in connection.answer(200, body) }])) { client, _ in
            let error = await #expect(throws: KubernetesError.self) {
                try await client.getPod(namespace: "n", name: "p")
            }
            #expect(error?.kind == kind)
        }
    }

    /// 429 was refused before anything happened, so a POST is repeated, too; never sooner than asked.
    @Test("T35 a Retry-After is waited out, twice") func tooManyRequestsAreWaitedOut() async throws {
        let times = Mutex<[ContinuousClock.Instant]>([])
        let note: @Sendable () -> Void = { times.withLock { $0.append(.now) } }
        let refusal: @Sendable (FakeAPIServer.Connection, FakeAPIServer.Request) -> Void = { connection, _ in
            note()
            connection.answer(429, "slow down", headers: "Retry-After: 1\r\nContent-Type: text/plain\r\n")
        }
        let script = inTurn([
            refusal, refusal,
            { connection, _ in
                note()
                connection.answer(201, podJSON("p", uid: "u"))
            },
        ])
        try await withFake(script) { client, server in
            let pod = try await client.createPod(namespace: "n", manifest: [])
            #expect(pod.uid == "u")
            #expect(server.requests.count == 3)
            let times = times.withLock { $0 }
            for (earlier, later) in zip(times, times.dropFirst()) {
                #expect(earlier.duration(to: later) >= .seconds(1))
            }
        }
    }

    @Test("T35 a wait for Retry-After can be cancelled") func aWaitForRetryAfterCanBeCancelled() async throws {
        let script = inTurn([{ connection, _ in connection.answer(429, "", headers: "Retry-After: 25\r\n") }])
        try await withFake(script) { client, server in
            var requests = server.follow().makeAsyncIterator()
            let error = await withTaskGroup(of: KubernetesError?.self) { group in
                group.addTask {
                    do throws(KubernetesError) {
                        _ = try await client.getPod(namespace: "n", name: "p")
                        return nil
                    } catch {
                        return error
                    }
                }
                _ = await requests.next()
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(error?.kind == .cancelled)
            #expect(server.requests.count == 1)
        }
    }

    /// The server takes the POST on a connection that was used before and dies: libcurl would send it again by itself.
    @Test("T36 a POST whose answer is lost on a reused connection is not repeated")
    func aPostWhoseAnswerIsLostIsNotRepeated() async throws {
        let script = inTurn([
            { connection, _ in connection.answer(200, podJSON("p", uid: "u")) },
            { connection, _ in
                connection.reset()
                shutdown(connection.descriptor, Int32(SHUT_RDWR))
            },
        ])
        try await withFake(script) { client, server in
            _ = try await client.getPod(namespace: "n", name: "p")
            let error = await #expect(throws: KubernetesError.self) {
                try await client.createPod(namespace: "n", manifest: Array("{}".utf8))
            }
            #expect(error?.kind == .transport)
            #expect(error?.advice == .verifyThenRetry)
            #expect(server.requests.filter { $0.method == "POST" }.count == 1)
        }
    }

    @Test("T37 a POST answered by 504 is for the caller to verify")
    func aPostAnsweredBy504IsForTheCallerToVerify() async throws {
        let script = inTurn([{ connection, _ in connection.answer(504, statusJSON(504, "Timeout")) }])
        try await withFake(script) { client, server in
            let error = await #expect(throws: KubernetesError.self) {
                try await client.createPod(namespace: "n", manifest: [])
            }
            #expect(error?.advice == .verifyThenRetry)
            #expect(server.requests.count == 1)
        }
    }

    @Test("T39 a race for a quota's counters is repeated by itself") func aQuotaRaceIsRepeated() async throws {
        let race =
            #"{"kind":"Status","status":"Failure","code":409,"reason":"Conflict","details":{"kind":"resourcequotas"}}"#
        let script = inTurn([
            { connection, _ in connection.answer(409, race) }, { connection, _ in connection.answer(409, race) },
            { connection, _ in connection.answer(409, race) },
            { connection, _ in connection.answer(201, podJSON("p", uid: "u")) },
        ])
        try await withFake(script) { client, server in
            let pod = try await client.createPod(namespace: "n", manifest: [])
            #expect(pod.uid == "u")
            #expect(server.requests.map(\.method) == ["POST", "POST", "POST", "POST"])
        }
    }

    /// Servers from 1.25 on say which field; older ones ignore the parameter, and the pod they make is what counts.
    @Test("T44 a field that the server does not know is named") func anUnknownFieldIsNamed() async throws {
        let words = #"strict decoding error: unknown field \"spec.contaners\""#
        let script = inTurn([
            { connection, _ in connection.answer(400, statusJSON(400, "BadRequest", words)) },
            { connection, _ in connection.answer(201, podJSON("p", uid: "u")) },
        ])
        try await withFake(script) { client, server in
            let error = await #expect(throws: KubernetesError.self) {
                try await client.createPod(namespace: "n", manifest: [])
            }
            #expect(error?.kind == .badRequest)
            #expect(error?.message.contains("unknown field \"spec.contaners\"") == true)
            #expect(server.requests.first?.query("fieldValidation") == "Strict")
            let pod = try await client.createPod(namespace: "n", manifest: [])
            #expect(pod.uid == "u")
        }
    }

    @Test("T45 a deletion names its UID") func aDeletionNamesItsUID() async throws {
        let mismatch = statusJSON(409, "Conflict", "Precondition failed: UID in precondition: u, UID in object meta: v")
        let script = inTurn([
            { connection, _ in connection.answer(200, podJSON("p", uid: "u", extra: #","deletionTimestamp":"t""#)) },
            { connection, _ in connection.answer(404, statusJSON(404, "NotFound")) },
            { connection, _ in connection.answer(409, mismatch) },
            { connection, _ in connection.answer(200, #"{"kind":"Status","status":"Success"}"#) },
            { connection, _ in connection.answer(404, statusJSON(404, "NotFound")) },
            { connection, _ in connection.answer(500, statusJSON(500, "InternalError")) },
        ])
        try await withFake(script) { client, server in
            guard
                case .underWay(let pod) = try await client.deletePod(
                    namespace: "n", name: "p", uid: "u", gracePeriodSeconds: 3)
            else {
                Issue.record("not under way")
                return
            }
            #expect(pod.isTerminating)
            let body = try #require(server.requests.last?.body)
            #expect(body.contains(#""preconditions":{"uid":"u"}"#) && body.contains(#""gracePeriodSeconds":3"#))
            #expect(body.contains(#""kind":"DeleteOptions""#))
            for _ in 0..<2 { #expect(try await client.deletePod(namespace: "n", name: "p", uid: "u") == .gone) }
            #expect(server.requests.last?.body.contains("gracePeriod") == false)
            // A bare Success does not say whether the object is gone: asked, it is.
            #expect(try await client.deletePod(namespace: "n", name: "p", uid: "u") == .gone)
            await #expect(throws: KubernetesError.self) {
                try await client.deletePod(namespace: "n", name: "p", uid: "u")
            }
        }
    }

    @Test("T56 lists are paged, and start over when the token expires")
    func listsArePagedAndStartOverWhenTheTokenExpires() async throws {
        let script = inTurn([
            { connection, _ in
                connection.answer(200, listJSON([podJSON("a", uid: "1")], version: "5", continueToken: "t&1"))
            },
            { connection, _ in connection.answer(410, statusJSON(410, "Expired")) },
            { connection, _ in
                connection.answer(200, listJSON([podJSON("b", uid: "2")], version: "6", continueToken: "t2"))
            },
            { connection, _ in connection.answer(200, listJSON([podJSON("c", uid: "3")], version: "6")) },
        ])
        try await withFake(script) { client, server in
            let list = try await client.listPods(namespace: "n", labelSelector: "a=b,c!=d")
            #expect(list.items.map(\.name) == ["b", "c"])
            #expect(list.resourceVersion == "6")
            #expect(server.requests.map { $0.query("continue") } == [nil, "t&1", nil, "t2"])
            #expect(
                server.requests.allSatisfy { $0.query("labelSelector") == "a=b,c!=d" && $0.query("limit") == "500" })
            #expect(server.requests.allSatisfy { $0.query("resourceVersion") == nil })
        }
    }

    @Test func whatCannotBeSentIsNot() async throws {
        try await withFake(inTurn([{ connection, _ in connection.answer(200, "{}") }])) { client, server in
            let name = await #expect(throws: KubernetesError.self) {
                try await client.getPod(namespace: "n", name: "../x")
            }
            #expect(name?.kind == .invalidArgument)
            let uid = await #expect(throws: KubernetesError.self) {
                try await client.deletePod(namespace: "n", name: "p", uid: "")
            }
            #expect(uid?.kind == .invalidArgument)
            let version = await #expect(throws: KubernetesError.self) {
                try await client.watchPods(namespace: "n", resourceVersion: "0") { _ in }
            }
            #expect(version?.kind == .invalidArgument)
            #expect(server.requests.isEmpty)
        }
    }
}
