/// Decides what to do next to keep a cache true: list, watch, or wait. Knows nothing of the network or the clock.
///
/// The rules are those of client-go's reflector, with two additions: empty watches that end at once lead to a new list
/// (kubernetes#104171), and a watch that RBAC forbids leads to polling.
struct WatchStateMachine: Sendable {
    enum Action: Hashable, Sendable {
        /// An empty version asks for the most recent state, `0` for the server's cache.
        case list(resourceVersion: String)
        case watch(resourceVersion: String)
    }

    struct Step: Hashable, Sendable {
        /// To wait first.
        var delay: Duration
        var action: Action
    }

    /// A watch that lasts as long without an error shows that all is well again.
    static let healthyAfter = Duration.seconds(120)
    /// An empty watch that ends sooner is a failure.
    static let shortestWatch = Duration.seconds(1)
    /// As many of those in a row, and the version is taken for stale.
    static let shortWatchesBeforeList = 3
    /// While watching is forbidden: polls before the watch is tried again, five to ten minutes' worth.
    static let pollsBeforeWatch = 300

    private var backoff = Backoff()
    private var resourceVersion = ""
    private var shortWatches = 0
    private var pollsLeft: Int?
    private var tooLargeAnswers = 0

    /// Whether watching is forbidden and the cache is kept by polling.
    var isPolling: Bool { pollsLeft != nil }

    /// The cheap first list, from the server's cache: what it lacks, the watch brings.
    let first = Step(delay: .zero, action: .list(resourceVersion: "0"))

    mutating func listed(
        resourceVersion version: String, using generator: inout some RandomNumberGenerator
    ) -> Step {
        resourceVersion = version
        tooLargeAnswers = 0
        shortWatches = 0
        guard let polls = pollsLeft else { return watch(after: .zero) }
        guard polls > 0 else {
            pollsLeft = nil
            return watch(after: .zero)
        }
        pollsLeft = polls - 1
        return Step(
            delay: .seconds(1) * Double.random(in: 1...2, using: &generator), action: .list(resourceVersion: ""))
    }

    mutating func listFailed(
        _ error: KubernetesError, using generator: inout some RandomNumberGenerator
    ) -> Step {
        if error.meaning == .resourceVersionTooLarge { tooLargeAnswers += 1 }
        if error.kind == .gone || tooLargeAnswers > 1 {
            resourceVersion = ""
            tooLargeAnswers = 0
        }
        // The last version seen: the new list must not take the cache back in time.
        return Step(delay: delay(error, &generator), action: .list(resourceVersion: resourceVersion))
    }

    /// Every event moves the version on, deletions and bookmarks too.
    mutating func observed(resourceVersion version: String) {
        if !version.isEmpty { resourceVersion = version }
    }

    /// `error`: nil when the server ended the watch in the normal way.
    ///
    /// `lasted`: from the request to its end.
    ///
    /// `events`: that came, bookmarks included.
    mutating func watchEnded(
        _ error: KubernetesError?, lasted: Duration, events: Int,
        using generator: inout some RandomNumberGenerator
    ) -> Step {
        if lasted >= Self.healthyAfter { backoff.reset() }
        guard let error else {
            guard events == 0, lasted < Self.shortestWatch else {
                shortWatches = 0
                return watch(after: .zero)
            }
            shortWatches += 1
            let delay = backoff.next(using: &generator)
            guard shortWatches >= Self.shortWatchesBeforeList else { return watch(after: delay) }
            shortWatches = 0
            return Step(delay: delay, action: .list(resourceVersion: ""))
        }
        switch error.kind {
        case .gone:
            resourceVersion = ""
            // At once after a watch that worked: the cache is out of date until then.
            let isFresh = events > 0 || lasted >= Self.shortestWatch
            return Step(
                delay: isFresh ? .zero : backoff.next(using: &generator), action: .list(resourceVersion: ""))
        case .forbidden, .methodNotAllowed:
            pollsLeft = Self.pollsBeforeWatch
            return Step(delay: .zero, action: .list(resourceVersion: ""))
        case .tooManyRequests, .server, .transport, .timeout, .unauthorized:
            return watch(after: delay(error, &generator))
        default:
            return Step(delay: delay(error, &generator), action: .list(resourceVersion: resourceVersion))
        }
    }

    private func watch(after delay: Duration) -> Step {
        // Without a version (a list from a strange server) a watch would miss deletions: list instead.
        let isUsable = !resourceVersion.isEmpty && resourceVersion != "0"
        return Step(
            delay: isUsable ? delay : max(delay, backoff.first),
            action: isUsable ? .watch(resourceVersion: resourceVersion) : .list(resourceVersion: ""))
    }

    private mutating func delay(
        _ error: KubernetesError, _ generator: inout some RandomNumberGenerator
    ) -> Duration {
        let delay = backoff.next(using: &generator)
        return max(delay, min(error.retryAfter ?? .zero, RetryPolicy.maximumRetryAfter))
    }
}
