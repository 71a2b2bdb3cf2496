import Synchronization

/// A connection that `HTTPDialer` has made: the tunnel's end of it, and what the two sides must agree on.
package final class DialledConnection: Sendable {
    private struct State {
        /// To which libcurl connects; nil once that is accepted or refused.
        var listener: OneTimeListener?
        var isForwarding = false
        var isAbandoned = false
        var failure: HTTPError?
    }

    private let state: Mutex<State>
    /// Ends when the transfer that dialled has given up before a byte was forwarded.
    package let abandonment: AsyncStream<Never>
    private let abandoning: AsyncStream<Never>.Continuation

    init(_ listener: OneTimeListener) {
        state = Mutex(State(listener: listener))
        (abandonment, abandoning) = AsyncStream.makeStream()
    }

    deinit {
        abandoning.finish()
    }

    // MARK: The tunnel's side

    /// Whether bytes of the request may be sent on. False when the transfer is over: it was told that the server has not
    /// seen its request, and so it must stay.
    package func beginForwarding() -> Bool {
        state.withLock { state in
            if !state.isAbandoned { state.isForwarding = true }
            return state.isForwarding
        }
    }

    /// Says why the connection is about to be closed; to be called before that. The error's
    /// `requestMayHaveReachedServer` becomes the transfer's. The first call counts.
    package func fail(_ error: HTTPError) {
        state.withLock { state in
            if state.failure == nil { state.failure = error }
            // The one end that holds the connection open where nobody has accepted it.
            state.listener = nil
        }
    }

    /// The descriptor of the tunnel's end, which becomes the caller's; nil when libcurl has not connected, or it was
    /// taken before.
    func accept() -> Int32? {
        state.withLock { state in
            defer { state.listener = nil }
            return state.listener?.accept()
        }
    }

    // MARK: The transfer's side

    /// What a transfer that failed learns: what the tunnel said, and whether any byte was sent on. None will be later.
    func settle() -> (failure: HTTPError?, hasForwarded: Bool) {
        let outcome = state.withLock { state in
            if !state.isForwarding { state.isAbandoned = true }
            return (state.failure, state.isForwarding)
        }
        if !outcome.1 { abandoning.finish() }
        return outcome
    }
}
