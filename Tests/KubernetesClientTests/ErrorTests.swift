import Foundation
import HTTPTransport
import Testing

@testable import KubernetesClient

/// The classification table of the API's errors, row by row.
@Suite struct ErrorTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var code: Int
        var reason: String
        var message: String
        var details = ""
        var kind: KubernetesError.Kind
        var meaning: KubernetesError.Meaning?
        var advice: KubernetesError.Advice

        init(
            _ code: Int, _ reason: String, _ message: String, details: String = "", _ kind: KubernetesError.Kind,
            _ advice: KubernetesError.Advice, _ meaning: KubernetesError.Meaning? = nil
        ) {
            self.code = code
            self.reason = reason
            self.message = message
            self.details = details
            self.kind = kind
            self.meaning = meaning
            self.advice = advice
        }

        var testDescription: String { "\(code) \(reason) \(message.prefix(40))" }

        var error: KubernetesError {
            let body = """
                {"kind":"Status","apiVersion":"v1","status":"Failure","message":"\(message)","reason":"\(reason)",
                "code":\(code)\(details.isEmpty ? "" : ",\"details\":" + details)}
                """
            return .refusal(
                head: HTTPResponseHead(status: code, headers: [:]), body: Array(body.utf8), operation: "create pod a/x")
        }
    }

    static let rows: [Row] = [
        Row(400, "BadRequest", "container x is not valid for pod y", .badRequest, .permanent),
        Row(400, "BadRequest", "a container name must be specified for pod p", .badRequest, .permanent),
        Row(400, "BadRequest", "strict decoding error: unknown field spec.contaners", .badRequest, .permanent),
        Row(
            400, "BadRequest", "pod p does not have a host assigned", .badRequest, .retryLater, .notYetScheduled),
        Row(401, "Unauthorized", "Unauthorized", .unauthorized, .permanent),
        Row(
            403, "Forbidden",
            "pods x is forbidden: exceeded quota: q, requested: pods=1, used: pods=5, limited: pods=5",
            .forbidden, .verifyThenRetry, .quotaExceeded),
        Row(
            403, "Forbidden", "failed quota: q: must specify limits.cpu", .forbidden, .permanent, .quotaNeedsResources),
        Row(
            403, "Forbidden", "maximum cpu usage per Container is 1, but limit is 2", .forbidden, .permanent,
            .limitRange),
        Row(
            403, "Forbidden", "minimum memory usage per Pod is 1Gi. No request is specified", .forbidden, .permanent,
            .limitRange),
        Row(
            403, "Forbidden", "violates PodSecurity restricted:latest: a (x), b (y)", .forbidden, .permanent,
            .podSecurity),
        Row(
            403, "Forbidden", "error looking up service account ns/default: not found", .forbidden,
            .retryLater, .serviceAccountMissing),
        Row(
            403, "Forbidden", "no", details: #"{"causes":[{"reason":"NamespaceTerminating"}]}"#, .forbidden,
            .permanent, .namespaceTerminating),
        Row(
            403, "Forbidden", "unable to create new content in namespace a because it is being terminated", .forbidden,
            .permanent, .namespaceTerminating),
        Row(
            403, "Forbidden", #"User \"u\" cannot create resource \"pods\" in API group"#, .forbidden, .permanent,
            .accessDenied),
        // The reason comes first, for a webhook may choose any code; and its words are not taken for others'.
        Row(
            400, "Forbidden", "admission webhook w denied the request: exceeded quota", .forbidden, .permanent,
            .deniedByWebhook),
        Row(422, "Invalid", "admission webhook w denied the request: no", .invalid, .permanent, .deniedByWebhook),
        Row(404, "NotFound", "namespaces a not found", .notFound, .permanent),
        Row(405, "MethodNotAllowed", "no", .methodNotAllowed, .permanent),
        Row(409, "AlreadyExists", "pods x already exists", .alreadyExists, .permanent),
        Row(
            409, "AlreadyExists", "object is being deleted: pods x already exists", .alreadyExists, .retryLater,
            .objectBeingDeleted),
        Row(
            409, "Conflict", "Operation cannot be fulfilled", details: #"{"kind":"resourcequotas"}"#, .conflict,
            .retry, .quotaConflict),
        Row(
            409, "Conflict", "Operation cannot be fulfilled", details: #"{"kind":"clusterresourcequotas"}"#, .conflict,
            .retry, .quotaConflict),
        Row(
            409, "Conflict", "Precondition failed: UID in precondition: a, UID in object meta: b", .conflict,
            .verifyThenRetry, .uidMismatch),
        Row(
            409, "Conflict", "the UID in the precondition (a) does not match the UID in record (b)", .conflict,
            .verifyThenRetry, .uidMismatch),
        Row(410, "Expired", "too old resource version", .gone, .relist),
        Row(410, "Gone", "gone", .gone, .relist),
        Row(413, "RequestEntityTooLarge", "big", .requestTooLarge, .permanent),
        Row(415, "UnsupportedMediaType", "no", .unexpectedStatus, .permanent),
        Row(406, "NotAcceptable", "no", .unexpectedStatus, .permanent),
        Row(
            422, "Invalid", "Pod x is invalid",
            details:
                #"{"causes":[{"reason":"FieldValueRequired","message":"Required value","field":"spec.containers"}]}"#,
            .invalid, .permanent),
        Row(
            429, "TooManyRequests", "slow down", details: #"{"retryAfterSeconds":3}"#, .tooManyRequests, .retry),
        Row(
            500, "InternalError", "failed calling webhook w: context deadline exceeded", .server, .verifyThenRetry,
            .webhookFailed),
        Row(500, "InternalError", "resource quota evaluation timed out", .server, .verifyThenRetry),
        Row(500, "InternalError", "etcdserver: leader changed", .server, .verifyThenRetry),
        Row(500, "ServerTimeout", "please try again", .server, .verifyThenRetry),
        Row(
            504, "Timeout", "Too large resource version: 9, current: 5",
            details: #"{"causes":[{"reason":"ResourceVersionTooLarge"}],"retryAfterSeconds":1}"#, .server,
            .verifyThenRetry, .resourceVersionTooLarge),
        Row(502, "", "bad gateway", .server, .verifyThenRetry),
        Row(503, "ServiceUnavailable", "no", .server, .verifyThenRetry),
        Row(504, "Timeout", "no", .server, .verifyThenRetry),
        // An unknown reason falls back to the code.
        Row(409, "BrandNew", "x", .conflict, .verifyThenRetry),
        Row(599, "", "x", .server, .verifyThenRetry),
    ]

    @Test("T33 each row of the table: kind, meaning, what to do, and the server's own words", arguments: rows)
    func classification(_ row: Row) {
        let error = row.error
        #expect(error.kind == row.kind)
        #expect(error.meaning == row.meaning)
        #expect(error.advice == row.advice)
        #expect(error.httpStatus == row.code)
        #expect(error.reason == row.reason)
        #expect(error.message.hasPrefix("create pod a/x: "))
        #expect(error.message.contains(row.message.replacing("\\", with: "")))
        // The client's own repetitions follow from the advice alone.
        var (policy, generator) = (RetryPolicy(), SplitMix(seed: 1))
        func isRepeated(isRead: Bool) -> Bool {
            policy.delay(after: error, isRead: isRead, remaining: .seconds(60), using: &generator) != nil
        }
        #expect(isRepeated(isRead: false) == (row.advice == .retry))
        #expect(isRepeated(isRead: true) == (row.advice == .retry || error.kind == .server))
    }

    @Test("T33 every meaning is in the table") func everyMeaningHasARow() {
        #expect(Set(Self.rows.compactMap(\.meaning)) == Set(KubernetesError.Meaning.allCases))
    }

    @Test("T33 causes and waiting times are kept") func whatAStatusCarries() throws {
        let invalid = try #require(Self.rows.first { $0.kind == .invalid && $0.meaning == nil }).error
        #expect(
            invalid.causes == [
                .init(reason: "FieldValueRequired", message: "Required value", field: "spec.containers")
            ])
        #expect(invalid.message.contains("spec.containers: Required value"))
        let limited = try #require(Self.rows.first { $0.kind == .tooManyRequests }).error
        #expect(limited.retryAfter == .seconds(3))
    }

    @Test("T34 answers that are no Status") func answersThatAreNoStatus() {
        func refusal(_ code: Int, _ body: String, _ headers: HTTPHeaders = [:]) -> KubernetesError {
            .refusal(
                head: HTTPResponseHead(status: code, headers: headers), body: Array(body.utf8), operation: "get pod a/x"
            )
        }
        let gateway = refusal(502, "<html>\r\n<b>Bad Gateway</b>\u{1B}[31m", ["Content-Type": "text/html"])
        #expect(gateway.kind == .server)
        #expect(gateway.message == "get pod a/x: HTTP 502: <html>  <b>Bad Gateway</b> [31m")
        #expect(refusal(500, "").message == "get pod a/x: HTTP 500: no explanation")
        #expect(refusal(500, "{\"kind\":\"Sta").kind == .server)
        #expect(refusal(503, "\u{0}\u{1}", ["Content-Type": "image/png"]).message.hasSuffix("no explanation"))
        #expect(refusal(429, "later", ["Retry-After": " 7 "]).retryAfter == .seconds(7))
        #expect(refusal(429, "later", ["Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"]).retryAfter == nil)
        #expect(refusal(418, "").kind == .unexpectedStatus)
        #expect(refusal(502, String(repeating: "x", count: 100_000)).message.utf8.count < 2200)
    }

    @Test("T34 a failed Status in a 200") func aFailureInASuccess() {
        let body = Array(#"{"kind":"Status","status":"Failure","reason":"NotFound","message":"m","code":404}"#.utf8)
        let response = HTTPResponse(head: HTTPResponseHead(status: 200, headers: [:]), body: body)
        #expect(KubernetesError.of(response, operation: "op")?.kind == .notFound)
        let success = Array(#"{"kind":"Status","status":"Success"}"#.utf8)
        #expect(KubernetesError.of(HTTPResponse(head: response.head, body: success), operation: "op") == nil)
        let upgraded = HTTPResponse(head: HTTPResponseHead(status: 101, headers: [:]), body: [])
        #expect(KubernetesError.of(upgraded, operation: "op")?.kind == .unexpectedStatus)
    }

    @Test func transportErrors() {
        for (code, kind) in [
            (HTTPError.Code.timeout, KubernetesError.Kind.timeout), (.cancelled, .cancelled), (.reset, .transport),
            (.tooLarge, .malformedResponse), (.connect, .transport), (.tls, .transport),
        ] {
            let error = KubernetesError(
                HTTPError(code, "words", requestMayHaveReachedServer: code == .reset), operation: "op")
            #expect(error.kind == kind)
            #expect(error.message == "op: words")
            #expect(error.requestMayHaveReachedServer == (code == .reset))
            #expect(error.isTLSFailure == (code == .tls))
        }
    }

    @Test("T35 which failures are repeated, and when") func whichFailuresAreRepeated() {
        var generator = SplitMix(seed: 1)
        func delay(_ error: KubernetesError, isRead: Bool, remaining: Duration = .seconds(60)) -> Duration? {
            var policy = RetryPolicy()
            return policy.delay(after: error, isRead: isRead, remaining: remaining, using: &generator)
        }
        let server = KubernetesError(.server, "x")
        #expect(delay(server, isRead: true) != nil)
        #expect(delay(server, isRead: false) == nil)
        var limited = KubernetesError(.tooManyRequests, "x")
        #expect(delay(limited, isRead: false) != nil)
        limited.retryAfter = .seconds(2)
        #expect((delay(limited, isRead: false) ?? .zero) >= .seconds(2))
        #expect(delay(limited, isRead: false, remaining: .seconds(1)) == nil)
        limited.retryAfter = .seconds(86_400)
        #expect((delay(limited, isRead: true) ?? .seconds(86_400)) <= .seconds(31))
        var reset = KubernetesError(.transport, "x")
        #expect(delay(reset, isRead: true) != nil)
        #expect(delay(reset, isRead: false) == nil)
        reset.requestMayHaveReachedServer = false
        #expect(delay(reset, isRead: false) != nil)
        for kind in [KubernetesError.Kind.notFound, .forbidden, .cancelled, .timeout, .unauthorized, .gone] {
            #expect(delay(KubernetesError(kind, "x"), isRead: true) == nil)
        }
        var policy = RetryPolicy()
        var count = 0
        while policy.delay(after: server, isRead: true, remaining: .seconds(1000), using: &generator) != nil {
            count += 1
        }
        #expect(count == RetryPolicy.maximumRetries)
    }

    @Test("T52 waiting times grow to their limit") func backoffGrowsToItsLimit() {
        var generator = SplitMix(seed: 2)
        var backoff = Backoff()
        var low = Duration.milliseconds(800)
        for _ in 0..<12 {
            let delay = backoff.next(using: &generator)
            #expect(delay >= low && delay <= min(low * 2, .seconds(30)))
            low = min(low * 2, .seconds(30))
        }
        backoff.reset()
        #expect(backoff.next(using: &generator) <= .milliseconds(1600))
    }
}
