import Glibc
import HTTPTransport
import KubernetesClient
import Logging
import SandboxCore
import Synchronization
import Testing

@testable import KubernetesSandbox

/// Creates whose answers a healthy cluster does not give on demand; the bodies are what API servers send in that case.
@Suite struct PodCreatorTests {
    private struct Outcome {
        var result: Result<Pod, StartStop>
        var requests: [String]
    }

    private static func podJSON(nonce: String = "n0nce", instance: String = "test", more: String = "") throws -> String
    {
        let name = try Fixtures.identity().name
        return #"""
            {"kind":"Pod","metadata":{"name":"\#(name)","namespace":"agents","uid":"u1",\#(more)
             "labels":{"app.kubernetes.io/managed-by":"podkeeper","podkeeper.dev/instance":"\#(instance)"},
             "annotations":{"podkeeper.dev/nonce":"\#(nonce)"}},"spec":{},"status":{"phase":"Pending"}}
            """#
    }

    private static func status(_ code: Int, _ reason: String, _ message: String, details: String = "{}") -> (
        Int, String
    ) {
        (
            code,
            #"{"kind":"Status","status":"Failure","message":"\#(message)","reason":"\#(reason)","code":\#(code),"details":\#(details)}"#
        )
    }

    private func create(
        within limit: Duration = .seconds(120), isWatching: Bool = false,
        _ script: @escaping @Sendable (ScriptedServer.Request, Int) -> ScriptedServer.Answer
    ) async throws -> Outcome {
        let server = try ScriptedServer(script)
        defer { server.stop() }
        let http = try HTTPClient()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let configuration = KubernetesConfiguration(
            server: try ServerAddress("http://127.0.0.1:\(server.port)"), origin: "test")
        let client = KubernetesClient(configuration: configuration, http: http, logger: logger)
        let space = PodSpace(
            client: client, namespace: "agents",
            watcher: PodWatcher(client: client, namespace: "agents", labelSelector: "", logger: logger),
            reach: ClusterReach(connect: .ip, client: client, http: http, logger: logger))
        let watch = isWatching ? Task { try? await space.watcher.run() } : nil
        let creator = PodCreator(space: space, identity: try Fixtures.identity(), manifest: Array("{}".utf8))
        let result: Result<Pod, StartStop>
        do throws(StartStop) {
            result = .success(try await creator.create(until: .now + limit))
        } catch {
            result = .failure(error)
        }
        watch?.cancel()
        await watch?.value
        await http.shutdown()
        return Outcome(result: result, requests: server.requests.map(\.method))
    }

    private func failure(_ outcome: Outcome) -> StartFailure? {
        guard case .failure(.failed(let failure)) = outcome.result else { return nil }
        return failure
    }

    @Test("T36 a lost answer is looked up, and the pod is not made twice")
    func aLostAnswerIsLookedUpAndThePodIsNotMadeTwice() async throws {
        let pod = try Self.podJSON()
        let outcome = try await create { request, _ in request.method == "POST" ? nil : (200, pod) }
        #expect(try outcome.result.get().uid == "u1")
        #expect(outcome.requests == ["POST", "GET"])
    }

    @Test("T37 a lost request is sent again") func aLostRequestIsSentAgain() async throws {
        let pod = try Self.podJSON()
        let missing = Self.status(404, "NotFound", "pods not found")
        let outcome = try await create { request, count in
            count == 0 ? nil : request.method == "GET" ? missing : (201, pod)
        }
        #expect(try outcome.result.get().uid == "u1")
        #expect(outcome.requests == ["POST", "GET", "POST"])
    }

    @Test("T37 a server's error may come after the deed", arguments: [500, 503, 504])
    func aServersErrorMayComeAfterTheDeed(code: Int) async throws {
        let pod = try Self.podJSON()
        let outcome = try await create { request, _ in
            request.method == "POST" ? Self.status(code, "", "etcdserver: request timed out") : (200, pod)
        }
        #expect(try outcome.result.get().uid == "u1")
    }

    /// A server that is slow in the last instants of a start.
    @Test("T43 what was answered is told, not that the last attempt was cut short")
    func whatWasAnsweredIsTold() async throws {
        let missing = Self.status(404, "NotFound", "pods not found")
        let outcome = try await create(within: .milliseconds(900)) { request, count in
            guard request.method == "POST" else { return missing }
            if count > 0 { sleep(2) }
            return Self.status(500, "InternalError", "failed calling webhook silent.example.com")
        }
        guard case .failure(.interrupted(let error)) = outcome.result else {
            Issue.record("\(outcome.result)")
            return
        }
        #expect(error.message.contains("silent.example.com"), "\(error)")
    }

    @Test func aNameThatIsTakenByUsIsTakenUp() async throws {
        let pod = try Self.podJSON()
        let outcome = try await create { request, _ in
            request.method == "POST" ? Self.status(409, "AlreadyExists", "pods already exists") : (200, pod)
        }
        #expect(try outcome.result.get().uid == "u1")
    }

    @Test("T37 a stranger's pod is not touched") func aStrangersPodIsNotTouched() async throws {
        for pod in [try Self.podJSON(nonce: "other"), try Self.podJSON(instance: "other")] {
            let outcome = try await create { request, _ in
                request.method == "POST" ? Self.status(409, "AlreadyExists", "pods already exists") : (200, pod)
            }
            #expect(failure(outcome)?.reason == "AlreadyExists")
            #expect(!outcome.requests.contains("DELETE"))
        }
    }

    /// Of this daemon, as an earlier attempt of the same session leaves it: its name is free when it has gone.
    @Test("T40 a pod on its way out is waited for, then its name is used") func aPodOnItsWayOut() async throws {
        let leaving = try Self.podJSON(more: #""deletionTimestamp":"2026-01-01T00:00:00Z","#)
        let ours = try Self.podJSON().replacing(#""uid":"u1""#, with: #""uid":"u2""#)
        let isRefused = Atomic(false)
        let isGone = Atomic(false)
        let script: @Sendable (ScriptedServer.Request, Int) -> ScriptedServer.Answer = { request, _ in
            if request.path.contains("watch=1") {
                // Not before the name has been found taken.
                guard isRefused.load(ordering: .relaxed), !isGone.exchange(true, ordering: .relaxed) else { return nil }
                return (200, #"{"type":"DELETED","object":\#(leaving.filter { $0 != "\n" })}"# + "\n")
            }
            if request.method == "POST" {
                guard !isGone.load(ordering: .relaxed) else { return (201, ours) }
                isRefused.store(true, ordering: .relaxed)
                return Self.status(409, "AlreadyExists", "object is being deleted: pods already exists")
            }
            guard request.path.contains("resourceVersion=") || request.path.contains("limit=") else {
                return (200, leaving)
            }
            return (200, #"{"kind":"PodList","metadata":{"resourceVersion":"7"},"items":[\#(leaving)]}"#)
        }
        let outcome = try await create(isWatching: true, script)
        #expect(try outcome.result.get().uid == "u2")
        #expect(outcome.requests.filter { $0 == "POST" }.count == 2, "no busy loop")
        let stuck = try await create(within: .seconds(5)) { request, _ in
            request.method == "POST" ? Self.status(409, "AlreadyExists", "object is being deleted") : (200, leaving)
        }
        #expect(failure(stuck)?.reason == "Terminating")
    }

    @Test("T39 a quota race is tried again and is no taken name") func aQuotaRaceIsTriedAgain() async throws {
        let pod = try Self.podJSON()
        let race = Self.status(409, "Conflict", "please apply your changes", details: #"{"kind":"resourcequotas"}"#)
        let outcome = try await create { _, count in count < 3 ? race : (201, pod) }
        #expect(try outcome.result.get().uid == "u1")
        #expect(outcome.requests == ["POST", "POST", "POST", "POST"])
    }

    @Test("T38 T41 a full quota is waited for, unless the pod is there already") func aFullQuota() async throws {
        let full = Self.status(
            403, "Forbidden", "pods is forbidden: exceeded quota: q, requested: pods=1, used: pods=5, limited: pods=5")
        let missing = Self.status(404, "NotFound", "pods not found")
        let refused = try await create(within: .seconds(5)) { request, _ in request.method == "POST" ? full : missing }
        #expect(failure(refused)?.phase == .create)
        #expect(failure(refused)?.reason == "QuotaExceeded")
        #expect(failure(refused)?.message.contains("requested: pods=1, used: pods=5, limited: pods=5") == true)
        let pod = try Self.podJSON()
        let roomLater = try await create { request, count in
            request.method == "GET" ? missing : count < 4 ? full : (201, pod)
        }
        #expect(try roomLater.result.get().uid == "u1")
        // The first attempt's answer was lost; admission runs before the name is looked up.
        let created = try await create { request, count in
            count == 0 ? nil : request.method == "POST" ? full : count == 1 ? missing : (200, pod)
        }
        #expect(try created.result.get().uid == "u1")
    }

    @Test func refusalsAreToldAtOnceWithTheirCauses() async throws {
        let invalid = Self.status(
            422, "Invalid", "Pod is invalid",
            details: #"{"causes":[{"reason":"FieldValueInvalid","message":"too long","field":"spec.hostname"}]}"#)
        let outcome = try await create { _, _ in invalid }
        #expect(outcome.requests == ["POST"])
        #expect(failure(outcome)?.reason == "Invalid")
        #expect(failure(outcome)?.message.contains("spec.hostname: too long") == true)
        let denied = try await create { _, _ in Self.status(403, "Forbidden", "violates PodSecurity") }
        #expect(failure(denied)?.message.contains("violates PodSecurity") == true)
    }

    @Test func noAnswerAtAllSaysNothingAboutThePod() async throws {
        let outcome = try await create(within: .seconds(5)) { _, _ in nil }
        guard case .failure(.interrupted(let error)) = outcome.result else {
            Issue.record("\(outcome.result)")
            return
        }
        #expect(error.kind == .backendUnavailable)
    }

    @Test func cancellationEndsTheWait() async throws {
        let task = Task { try await create(within: .seconds(600)) { _, _ in nil } }
        task.cancel()
        guard case .failure(.interrupted(let error)) = try await task.value.result else {
            Issue.record("not interrupted")
            return
        }
        #expect(error.kind == .cancelled)
    }
}
