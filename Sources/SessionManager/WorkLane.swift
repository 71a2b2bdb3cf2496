import DequeModule

/// Lets so many pieces of work of one kind run at once; the others wait their turn.
struct WorkLane<ID: Hashable & Sendable> {
    let width: Int
    private(set) var running = 0
    private var queue: Deque<ID> = []

    var waiting: Int { queue.count }

    init(width: Int) { self.width = width }

    mutating func enqueue(_ id: ID) { queue.append(id) }

    /// Whom to start now; call after `enqueue` and `finish` until it gives nil. The caller skips those whose turn has
    /// passed, with `finish`.
    mutating func next() -> ID? {
        guard running < width, let id = queue.popFirst() else { return nil }
        running += 1
        return id
    }

    /// Starts one out of turn.
    mutating func startAhead() { running += 1 }

    mutating func finish() { running -= 1 }
}
