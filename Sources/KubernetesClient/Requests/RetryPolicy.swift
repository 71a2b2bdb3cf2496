/// Which failed attempts of a request are repeated by the client itself, and when; `KubernetesError.advice` is the table
/// behind it.
struct RetryPolicy: Sendable {
    /// client-go's `maxRetries`.
    static let maximumRetries = 10
    /// The longest that a server's `Retry-After` is obeyed; the caller's deadline counts besides.
    static let maximumRetryAfter = Duration.seconds(30)

    private(set) var retries = 0
    private var backoff = Backoff(first: .milliseconds(100), limit: .seconds(10))

    /// `isRead`: nothing changes if the server sees the request twice.
    ///
    /// `remaining`: time until the caller's deadline.
    ///
    /// Returns how long to wait before the next attempt; nil to give up.
    mutating func delay(
        after error: KubernetesError, isRead: Bool, remaining: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard retries < Self.maximumRetries, Self.isWorthRepeating(error, isRead: isRead) else { return nil }
        var delay = backoff.next(using: &generator)
        if let asked = error.retryAfter {
            // Never sooner than asked; the jitter keeps a crowd apart.
            delay = min(asked, Self.maximumRetryAfter) + min(delay, .milliseconds(500))
        }
        guard delay < remaining else { return nil }
        retries += 1
        return delay
    }

    private static func isWorthRepeating(_ error: KubernetesError, isRead: Bool) -> Bool {
        switch error.advice {
        // A new deadline is the caller's to give, and new certificates the credentials'.
        case .retry: error.kind != .timeout && !error.isTLSFailure
        // A server's 5xx to a mutation may come after the deed (504 of a slow etcd): the caller has to look first.
        case .verifyThenRetry: isRead && (error.kind == .server || error.kind == .transport && !error.isTLSFailure)
        case .permanent, .retryLater, .relist, .otherProtocol: false
        }
    }
}
