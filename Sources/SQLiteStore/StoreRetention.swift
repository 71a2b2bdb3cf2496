/// How much of what has happened is kept.
package struct StoreRetention: Hashable, Sendable {
    package struct Bound: Hashable, Sendable {
        /// Rows; the oldest make room.
        package var count: Int
        /// By the wall clock at the time of the newest row. Nil: for ever.
        package var age: Duration?

        package init(count: Int, age: Duration?) {
            self.count = count
            self.age = age
        }
    }

    /// Ended sessions.
    package var history: Bound
    package var events: Bound

    package init(
        history: Bound = Bound(count: 100_000, age: .seconds(30 * 86_400)),
        events: Bound = Bound(count: 100_000, age: .seconds(7 * 86_400))
    ) {
        self.history = history
        self.events = events
    }
}
