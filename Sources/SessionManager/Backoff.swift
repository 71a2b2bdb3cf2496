/// Delays that double from `first` to `longest`.
struct Backoff: Hashable, Sendable {
    var first: Duration
    var longest: Duration

    /// The delay after so many failures in a row, 1 being the first.
    func delay(afterFailures failures: Int) -> Duration {
        // Past 2^20 every backoff here is at its longest, and the shift cannot overflow.
        min(first * (1 << min(max(failures - 1, 0), 20)), longest)
    }
}
