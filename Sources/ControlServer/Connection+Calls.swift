import Glibc
import JSONRPC
import Synchronization

extension Connection {
    enum Admission {
        case admitted(PendingCall)
        case refused(RPCError)
    }

    /// Registers a call, or says why it cannot be run now. `partialBytes` as in `ServerLoad.admit`.
    func admit(_ request: RPCRequest, batch: BatchResponder?, partialBytes: Int) -> Admission {
        let bytes = request.params?.count ?? 0
        guard load.admit(bytes: bytes, partialBytes: partialBytes) else {
            return .refused(.overloaded("the daemon has too many calls to serve at once", retryAfter: 1))
        }
        let result: Result<PendingCall, RPCError> = state.withLock { state in
            guard state.unanswered < limits.maximumCallsPerConnection else {
                let limit = limits.maximumCallsPerConnection
                return .failure(
                    .overloaded("\(limit) calls of this connection are running already", retryAfter: 1))
            }
            if let id = request.id, id != .null, state.callNumbers[id] != nil {
                return .failure(.invalidRequest("a call with the id \(Excerpt.of("\(id)")) is running already"))
            }
            let number = state.takeNumber()
            let handle = CallHandle()
            state.calls[number] = handle
            if let id = request.id, id != .null { state.callNumbers[id] = number }
            state.unanswered += 1
            return .success(
                PendingCall(number: number, request: request, connection: self, handle: handle, batch: batch))
        }
        switch result {
        case .success(let call):
            return .admitted(call)
        case .failure(let error):
            load.release(bytes: bytes)
            return .refused(error)
        }
    }

    /// The call can no longer be cancelled, and its id is free.
    func forget(_ number: UInt64, id: JSONRPCID?) {
        state.withLock { state in
            state.calls[number] = nil
            if let id, state.callNumbers[id] == number { state.callNumbers[id] = nil }
        }
    }

    /// The call's response is queued, or there is nobody to take it.
    func finished(_ call: PendingCall) {
        state.withLock { state in
            state.unanswered -= 1
            endIfDone(state)
        }
        load.release(bytes: call.heldBytes)
    }

    /// Does nothing for an id that is not running.
    func cancelCall(_ id: JSONRPCID) {
        let handle = state.withLock { state in state.callNumbers[id].flatMap { state.calls[$0] } }
        handle?.cancel()
    }

    func cancelAllCalls() {
        let handles = state.withLock { Array($0.calls.values) }
        for handle in handles { handle.cancel() }
    }

    /// The peer has closed its sending side: no more requests come, those that run are still answered.
    func endInput() {
        state.withLock { state in
            state.isInputOver = true
            updateInterest(&state)
            endIfDone(state)
        }
    }

    /// After the end of input, once everything is answered and written.
    func endIfDone(_ state: State) {
        guard state.isInputOver, state.unanswered == 0, state.outbound.isEmpty, !state.isClosed else { return }
        // Makes the reactor hear EPOLLHUP, and close.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
