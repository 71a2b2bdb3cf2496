import Synchronization

/// How many requests a second this client allows itself: a token bucket, so that a crowd of sessions does not become
/// the API server's problem. Flow control on the server does the rest.
final class RequestBudget: Sendable {
    /// What a request is for; each purpose has a bucket of its own, so that neither waits behind the other.
    enum Purpose: Sendable {
        /// Somebody waits for it.
        case interactive
        /// Lists, watches and deletions, which come in crowds and can wait.
        case sweep
    }

    /// Tokens that come back in a second, to each bucket.
    private let rate: Double
    /// Two seconds' worth fill a bucket.
    private var burst: Double { 2 * rate }

    /// When each bucket was, or will be, full: each token taken moves that by the time it takes to come back.
    private let fullAt = Mutex<[Purpose: ContinuousClock.Instant]>([:])

    /// `rate`: tokens a second, above 0.
    init(rate: Double) { self.rate = rate }

    /// Takes a token, which may be one that is still to come.
    ///
    /// - Returns: how long to wait before the request is sent.
    func take(_ purpose: Purpose, now: ContinuousClock.Instant = .now) -> Duration {
        fullAt.withLock { fullAt in
            let full = max(fullAt[purpose] ?? now, now)
            fullAt[purpose] = full + .seconds(1 / rate)
            return max(.zero, now.duration(to: full) - .seconds((burst - 1) / rate))
        }
    }
}
