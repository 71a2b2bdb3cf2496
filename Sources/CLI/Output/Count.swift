/// A number and what it counts.
enum Count {
    /// `1 session`, `2 sessions`.
    static func text(_ number: Int, _ noun: String) -> String { number == 1 ? "1 \(noun)" : "\(number) \(noun)s" }
}
