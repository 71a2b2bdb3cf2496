import JSONRPC
import Synchronization

extension Wire {
    /// Sends a request and waits for its result's JSON text.
    func call(
        _ method: String, params: [UInt8], deadline: ContinuousClock.Instant?, endsNotifications: Bool = false
    ) async throws -> ArraySlice<UInt8> {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        let line = RPCWriter.request(method: method, id: .integer(id), params: params)
        guard line.count <= limits.maximumMessageBytes + 1 else {
            let limit = limits.maximumMessageBytes
            throw ControlClientError(.tooLarge, "the request \(method) is longer than \(limit) bytes")
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                register(
                    id, line,
                    Call(continuation: continuation, deadline: deadline, endsNotifications: endsNotifications))
            }
        } onCancel: {
            abandon(id)?.continuation.resume(throwing: CancellationError())
        }
    }

    /// The call waits no longer, and the daemon is told. Nil when it had been answered already.
    func abandon(_ id: Int64) -> Call? {
        update { state in
            guard let call = state.calls.removeValue(forKey: id) else { return nil }
            // Beyond the bound of the queue, but at most once for each call that is in it.
            state.outbound.append(RPCWriter.cancelRequest(id: .integer(id)))
            return call
        }
    }

    private func register(_ id: Int64, _ line: [UInt8], _ call: Call) {
        let refusal: (any Error)? = update { state in
            if let failure = state.failure { return failure }
            // The cancellation handler found no call if it ran before this; then the flag is set by now.
            if Task.isCancelled { return CancellationError() }
            guard state.calls.count < limits.maximumCalls,
                state.outbound.isEmpty || state.outbound.byteCount + line.count <= limits.maximumOutboundBytes
            else {
                return ControlClientError(
                    .overloaded, "\(state.calls.count) calls are waiting for podkeeperd already")
            }
            state.calls[id] = call
            state.outbound.append(line)
            return nil
        }
        if let refusal { call.continuation.resume(throwing: refusal) }
    }
}
