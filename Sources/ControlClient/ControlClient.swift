package import JSONRPC

/// A connection to the daemon. Any number of tasks may call at once.
///
/// It lives until `close`, or until the client is no longer referred to, or until the daemon ends it; then every call
/// that waits fails, and so does every later one. It does not connect anew by itself: whether a call that was cut off
/// may be made again is for the caller to know.
package final class ControlClient: Sendable {
    private let wire: Wire

    private init(wire: Wire) {
        self.wire = wire
    }

    deinit { wire.requestClose() }

    /// Connects to the socket at `path`. Throws `ControlClientError`, whose hint says what to do, and
    /// `CancellationError`.
    package static func connect(
        path: String, limits: ControlClientLimits = ControlClientLimits()
    ) async throws -> ControlClient {
        let descriptor = try await Connector.connect(path, timeout: limits.connectTimeout)
        let wire = try Wire(descriptor: descriptor, limits: limits)
        wire.start()
        return ControlClient(wire: wire)
    }

    /// Makes a call and waits for its answer, for at most `timeout` where one is given.
    ///
    /// Throws the daemon's `RPCError`; a `ControlClientError` when no answer came; `CancellationError` when the task is
    /// cancelled. In the last case and after a timeout the daemon is told to cancel the call, and its end is not waited
    /// for: it may have been carried out.
    package func call<M: RPCMethod>(
        _ method: M.Type, _ params: M.Params, timeout: Duration? = nil
    ) async throws -> M.Result {
        let text = try await wire.call(
            M.name, params: try RPCWriter.encode(params), deadline: timeout.map { .now + $0 })
        do {
            return try JSONCoding.decode(M.Result.self, from: text)
        } catch {
            throw ControlClientError(
                .badAnswer, "the daemon's answer to \(M.name) cannot be read: \(error)",
                hint: "are podkeeper and podkeeperd of the same version?")
        }
    }

    /// The notifications that come from now on. Ones that came before anybody asked for this are dropped; from then on
    /// they must be taken, for the client reads nothing else while too many of them wait.
    package func notifications() -> ControlNotifications {
        wire.keepNotifications()
        return ControlNotifications(wire: wire)
    }

    /// Ends the connection, which cancels its calls, and returns when its thread has ended.
    package func close() async { await wire.close() }
}

extension ControlClient {
    /// Any method by its name, as it is on the wire. Throws as `call(_:_:)` does.
    package func call(method: String, params: JSONValue) async throws -> JSONValue {
        let text = try await wire.call(method, params: try RPCWriter.encode(params), deadline: nil)
        return try JSONCoding.decode(JSONValue.self, from: text)
    }

    /// The same, with every notification that comes before the answer, in order; `take` has had them all when this
    /// returns or throws. They are the last ones of the connection, and nobody else may take them. What `take` throws
    /// cancels the call.
    package func call(
        method: String, params: JSONValue, notifications take: @escaping @Sendable (RPCNotification) throws -> Void
    ) async throws -> JSONValue {
        let (text, notifications) = (try RPCWriter.encode(params), notifications())
        return try await withThrowingTaskGroup(of: JSONValue?.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                for await notification in notifications { try take(notification) }
                return nil
            }
            group.addTask { [wire] in
                let answer = try await wire.call(method, params: text, deadline: nil, endsNotifications: true)
                return try JSONCoding.decode(JSONValue.self, from: answer)
            }
            var result: JSONValue?
            for try await part in group { result = part ?? result }
            guard let result else { throw ControlClientError(.closed, "the connection to podkeeperd was closed") }
            return result
        }
    }
}
