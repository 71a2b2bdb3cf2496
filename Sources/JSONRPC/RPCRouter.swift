/// Which handler serves which method. A value: build it once, then hand it to the server.
///
/// `Context` is what a handler learns about its caller.
package struct RPCRouter<Context: Sendable>: Sendable {
    private struct Route: Sendable {
        var run: @Sendable (_ params: ArraySlice<UInt8>?, Context) async throws -> [UInt8]
        var ended: @Sendable (RPCError?) -> Void
    }

    private struct ImmediateRoute: Sendable {
        /// Gives the whole line of the answer.
        var run: @Sendable (_ params: ArraySlice<UInt8>?, _ id: JSONRPCID, Context) throws -> [UInt8]?
        var ended: @Sendable (RPCError?) -> Void
    }

    /// Is asked before every handler whether the call may be made: what it throws is the answer. `subject` as in
    /// `RPCParams`.
    package typealias Gate = @Sendable (RPCMethodDescription, _ subject: String?, Context) throws -> Void
    /// Is told how a call ended whose params could be read; of those that were answered at once, only of errors.
    package typealias Record = @Sendable (RPCMethodDescription, _ subject: String?, Context, RPCError?) -> Void
    /// Gives, for a method (nil: for all that there are not), what is told of the end of each of its calls, with the
    /// error. That runs on the caller's thread, before the answer.
    package typealias Ended = @Sendable (_ method: String?) -> @Sendable (RPCError?) -> Void

    private var routes: [String: Route] = [:]
    private var immediateRoutes: [String: ImmediateRoute] = [:]
    /// Of every method that has a handler, by name.
    package private(set) var methods: [String: RPCMethodDescription] = [:]
    private let gate: Gate
    private let record: Record
    private let ended: Ended
    private let endedUnknown: @Sendable (RPCError?) -> Void

    package init(
        gate: @escaping Gate = { _, _, _ in }, record: @escaping Record = { _, _, _, _ in },
        ended: @escaping Ended = { _ in { _ in } }
    ) {
        self.gate = gate
        self.record = record
        self.ended = ended
        endedUnknown = ended(nil)
    }

    /// Every method that has a handler, sorted.
    package var methodNames: [String] { methods.keys.sorted() }

    /// Sets the handler of a method; a second one for the same method replaces the first.
    ///
    /// What a handler throws becomes the error of the response: an `RPCError` or `RPCErrorConvertible` as it is,
    /// `CancellationError` as `cancelled`, anything else as `internal_error`.
    package mutating func on<M: RPCMethod>(
        _ method: M.Type, _ handler: @escaping @Sendable (M.Params, Context) async throws -> M.Result
    ) {
        let description = RPCMethodDescription(method)
        methods[M.name] = description
        let run: @Sendable (ArraySlice<UInt8>?, Context) async throws -> [UInt8] = { [gate, record] bytes, context in
            let params = try ParamsDecoder.decode(M.Params.self, from: bytes)
            do {
                try gate(description, params.subject, context)
                let result = try RPCWriter.encode(try await handler(params, context))
                record(description, params.subject, context, nil)
                return result
            } catch {
                let error = RPCError(wrapping: error)
                record(description, params.subject, context, error)
                throw error
            }
        }
        routes[M.name] = Route(run: run, ended: ended(M.name))
    }

    /// Adds to a method that has a handler one that answers from memory, on the caller's thread: it must not wait, nor
    /// take long. It is asked first; where it returns nil, having changed nothing, the other one is.
    package mutating func onNow<M: RPCMethod>(
        _ method: M.Type, _ handler: @escaping @Sendable (M.Params, Context) throws -> M.Result?
    ) {
        onNow(method, handler) { RPCWriter.response(id: $0, .success(try RPCWriter.encode($1))) }
    }

    /// The same for a result that is written by hand.
    package mutating func onNow<M: RPCMethod>(
        _ method: M.Type, _ handler: @escaping @Sendable (M.Params, Context) throws -> M.Result?
    ) where M.Result: JSONWritable {
        onNow(method, writing: M.Result.self, handler)
    }

    /// The same for one that writes what the method's result would be encoded as.
    package mutating func onNow<M: RPCMethod, Answer: JSONWritable>(
        _ method: M.Type, writing answer: Answer.Type,
        _ handler: @escaping @Sendable (M.Params, Context) throws -> Answer?
    ) {
        onNow(method, handler) { RPCWriter.response(id: $0, $1) }
    }

    private mutating func onNow<M: RPCMethod, Answer>(
        _ method: M.Type, _ handler: @escaping @Sendable (M.Params, Context) throws -> Answer?,
        _ line: @escaping @Sendable (JSONRPCID, Answer) throws -> [UInt8]
    ) {
        let description = RPCMethodDescription(method)
        let known = M.Params.memberNames
        let run: @Sendable (ArraySlice<UInt8>?, JSONRPCID, Context) throws -> [UInt8]? = {
            [gate, record] bytes, id, context in
            let params = try ParamsDecoder.decode(M.Params.self, from: bytes, known: known)
            do {
                try gate(description, params.subject, context)
                guard let result = try handler(params, context) else { return nil }
                return try line(id, result)
            } catch {
                let error = RPCError(wrapping: error)
                record(description, params.subject, context, error)
                throw error
            }
        }
        immediateRoutes[M.name] = ImmediateRoute(run: run, ended: ended(M.name))
    }

    /// The line that answers a request which can be answered at once; nil for every other.
    package func answerNow(_ request: RPCRequest, id: JSONRPCID, context: Context) -> [UInt8]? {
        guard let route = immediateRoutes[request.method] else { return nil }
        do {
            guard let line = try route.run(request.params, id, context) else { return nil }
            route.ended(nil)
            return line
        } catch {
            let error = RPCError(wrapping: error)
            route.ended(error)
            return RPCWriter.response(id: id, .failure(error))
        }
    }

    /// Runs the handler of a request or notification and gives the result's JSON text.
    package func call(_ request: RPCRequest, context: Context) async -> Result<[UInt8], RPCError> {
        guard let route = routes[request.method] else {
            let error = unknown(request.method)
            endedUnknown(error)
            return .failure(error)
        }
        do {
            let answer = try await route.run(request.params, context)
            route.ended(nil)
            return .success(answer)
        } catch {
            let error = RPCError(wrapping: error)
            route.ended(error)
            return .failure(error)
        }
    }

    private func unknown(_ method: String) -> RPCError {
        let name = Excerpt.of(method)
        guard let nearest = EditDistance.nearest(to: method, among: methodNames) else {
            return .methodNotFound("there is no method '\(name)'; rpc.discover lists them")
        }
        return .methodNotFound("there is no method '\(name)'; did you mean '\(nearest)'?")
    }
}
