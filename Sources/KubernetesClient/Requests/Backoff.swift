/// Waiting times that double from `first` to `limit`, each made longer by up to its own length at random, so that
/// many clients do not come back together (client-go's reflector: 0.8 s, 30 s, factor 2, jitter 1).
struct Backoff: Sendable {
    let first: Duration
    let limit: Duration
    private var step: Duration

    init(first: Duration = .milliseconds(800), limit: Duration = .seconds(30)) {
        self.first = first
        self.limit = limit
        step = first
    }

    mutating func reset() { step = first }

    /// - Returns: a time from the present step to twice it, at most `limit`.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let base = step
        step = min(step * 2, limit)
        return min(base * Double.random(in: 1...2, using: &generator), limit)
    }
}
