import JSONRPC
import Synchronization
import Testing

@Suite struct RPCRouterTests {
    private enum Echo: RPCMethod {
        static let name = "test.echo"
        struct Params: RPCParams {
            static let memberNames = ["text", "factor"]
            var text: String
            var factor: Double?
        }
        struct Result: Codable, Sendable {
            var text: String
            var product: Double
        }
    }

    private struct Refused: RPCErrorConvertible {
        var rpcError: RPCError { RPCError(code: -32005, kind: "permission_denied", message: "no") }
    }

    private struct Stranger: Error {}

    private func router(
        _ failure: (any Error & Sendable)? = nil, ended: @escaping RPCRouter<Int>.Ended = { _ in { _ in } }
    ) -> RPCRouter<Int> {
        var router = RPCRouter<Int>(ended: ended)
        router.on(Echo.self) { params, context in
            if let failure { throw failure }
            return Echo.Result(text: "\(params.text)/\(context)", product: 2 * (params.factor ?? 1))
        }
        return router
    }

    private func call(
        _ router: RPCRouter<Int>, _ method: String = "test.echo", _ params: String? = "{\"text\":\"a\"}"
    ) async -> Result<String, RPCError> {
        let request = RPCRequest(method: method, id: .integer(1), params: params.map { Array($0.utf8)[...] })
        return await router.call(request, context: 5).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func servesByName() async throws {
        let text = try await call(router(), "test.echo", "{\"text\":\"a\\/b\"}").get()
        #expect(text.contains("\"text\":\"a/b/5\""))
        #expect(router().methodNames == ["test.echo"])
    }

    @Test func everyEndIsToldOnce() async throws {
        let told = Mutex<[String]>([])
        var router = router { method in
            { error in told.withLock { $0.append("\(method ?? "unknown") \(error?.kind ?? "ok")") } }
        }
        router.onNow(Echo.self) { params, _ in
            guard params.text != "later" else { return nil }
            if params.text == "never" { throw Refused() }
            return Echo.Result(text: "now", product: 1)
        }
        for text in ["soon", "later", "never"] {
            let params = Array("{\"text\":\"\(text)\"}".utf8)[...]
            let request = RPCRequest(method: "test.echo", id: .integer(1), params: params)
            if router.answerNow(request, id: .integer(1), context: 5) == nil {
                _ = await router.call(request, context: 5)
            }
        }
        _ = await call(router, "test.echo", "{}")
        _ = await call(router, "none.such")
        #expect(
            told.withLock { $0 } == [
                "test.echo ok", "test.echo ok", "test.echo permission_denied", "test.echo invalid_params",
                "unknown method_not_found",
            ])
    }

    @Test func answersAtOnceWhereItCan() async throws {
        var router = router()
        router.onNow(Echo.self) { params, _ in
            guard params.text != "later" else { return nil }
            guard params.text != "never" else { throw Refused() }
            return Echo.Result(text: "now", product: 0)
        }
        func now(_ text: String, method: String = "test.echo") -> String? {
            router.answerNow(
                RPCRequest(method: method, id: .integer(1), params: Array("{\"text\":\"\(text)\"}".utf8)[...]),
                id: .string("i"), context: 5
            ).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(now("a") == #"{"jsonrpc":"2.0","id":"i","result":{"text":"now","product":0}}"# + "\n")
        #expect(now("later") == nil)
        #expect(now("a", method: "test.other") == nil)
        let refusal = RPCWriter.response(id: .string("i"), .failure(Refused().rpcError))
        // As values: two dictionaries of the same members need not have them in the same order.
        let answer = Array(try #require(now("never")).utf8)
        #expect(
            try JSONCoding.decode(JSONValue.self, from: answer[...])
                == JSONCoding.decode(JSONValue.self, from: refusal[...]))
    }

    private struct Written: JSONWritable, Decodable, Equatable {
        var text = "a\"\n\u{1}ä"
        var numbers: [Double] = [0, -1.5, 1e300, 9_007_199_254_740_991]

        func writeMembers(to object: inout JSONObjectWriter) {
            object.member("text", text)
            object.object("inner") { inner in
                for number in numbers { inner.member("n", number) }
                inner.object("empty") { _ in }
                inner.object("labels", ["k\"": "v\t"])
                inner.member("least", Int64.min)
            }
            object.member("nan", Double.nan)
            object.null("nothing")
            object.member("yes", true)
            object.member("plain", plainASCII: 3) { for index in $0.indices { $0[index] = 0x61 } }
        }

        static let line =
            #"{"text":"a\"\n\u0001ä","inner":{"n":0,"n":-1.5,"n":1e+300,"n":9007199254740991,"empty":{},"#
            + #""labels":{"k\"":"v\t"},"least":-9223372036854775808},"nan":null,"nothing":null,"yes":true,"plain":"aaa"}"#
    }

    private enum Write: RPCMethod {
        static let name = "test.write"
        typealias Params = NoParams
        typealias Result = Written
    }

    @Test func whatIsWrittenByHandIsWrittenTheSameEverywhere() async throws {
        var router = RPCRouter<Int>()
        router.on(Write.self) { _, _ in Written() }
        router.onNow(Write.self) { _, _ in Written() }
        let request = RPCRequest(method: Write.name, id: .integer(1), params: nil)
        let atOnce = try #require(router.answerNow(request, id: .integer(-7), context: 0))
        #expect(
            String(decoding: atOnce, as: UTF8.self) == #"{"jsonrpc":"2.0","id":-7,"result":"# + Written.line + "}\n")
        #expect(try await router.call(request, context: 0).get() == Array(Written.line.utf8))
        #expect(try JSONCoding.encode(["a": Written()]) == Array(("{\"a\":" + Written.line + "}").utf8))
    }

    private struct About: RPCParams {
        static let memberNames = ["what"]
        var what: String
        var subject: String? { what }
    }

    private enum Guarded: RPCMethod {
        static let name = "test.guarded"
        static var isForOperators: Bool { true }
        typealias Params = About
        typealias Result = EmptyResult
    }

    @Test func asksTheGateBeforeEveryHandlerAndTellsHowItEnded() async throws {
        let seen = Mutex<[String]>([])
        var router = RPCRouter<Int>(
            gate: { method, subject, context in
                #expect(method.isForOperators && !method.isLook)
                if subject == "theirs" { throw Refused() }
            },
            record: { method, subject, context, error in
                seen.withLock { $0.append("\(method.name) \(subject ?? "") \(context) \(error?.kind ?? "ok")") }
            })
        router.on(Guarded.self) { params, _ in
            #expect(params.what != "theirs")
            if params.what == "broken" { throw Stranger() }
            return EmptyResult()
        }
        for what in ["mine", "theirs", "broken"] { _ = await call(router, Guarded.name, "{\"what\":\"\(what)\"}") }
        _ = await call(router, Guarded.name, "{}")
        router.onNow(Guarded.self) { _, _ in EmptyResult() }
        for what in ["mine", "theirs"] {
            let params = Array("{\"what\":\"\(what)\"}".utf8)[...]
            let answer = router.answerNow(
                RPCRequest(method: Guarded.name, id: .integer(1), params: params), id: .integer(1), context: 5)
            #expect(answer != nil)
        }
        #expect(
            seen.withLock { $0 } == [
                "test.guarded mine 5 ok", "test.guarded theirs 5 permission_denied",
                "test.guarded broken 5 internal_error", "test.guarded theirs 5 permission_denied",
            ])
    }

    @Test func saysWhichMethodWasMeant() async {
        await #expect(throws: RPCError.methodNotFound("there is no method 'test.ehco'; did you mean 'test.echo'?")) {
            try await call(router(), "test.ehco").get()
        }
        await #expect(throws: RPCError.methodNotFound("there is no method 'x'; rpc.discover lists them")) {
            try await call(router(), "x").get()
        }
    }

    @Test func turnsWhatHandlersThrowIntoErrors() async {
        await #expect(throws: Refused().rpcError) { try await call(router(Refused())).get() }
        await #expect(throws: RPCError.cancelled) { try await call(router(CancellationError())).get() }
        await #expect(throws: RPCError.internalError("internal error: Stranger()")) {
            try await call(router(Stranger())).get()
        }
        await #expect(throws: RPCError.invalidParams("'text' is missing", details: ["member": "text"])) {
            try await call(router(), "test.echo", nil).get()
        }
    }

    @Test func neverWritesANumberThatIsNone() async {
        let result = await call(router(), "test.echo", "{\"text\":\"a\",\"factor\":1.7e308}")
        guard case .failure(let error) = result else {
            Issue.record("infinity was written")
            return
        }
        #expect(error.kind == "internal_error")
    }
}
