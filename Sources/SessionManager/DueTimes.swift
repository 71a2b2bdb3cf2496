import HeapModule

/// What is to happen when: a heap, so that the next due time is at hand and nothing is ever scanned.
///
/// An entry is never removed early; whoever takes it checks whether it still means anything.
struct DueTimes {
    enum Kind: Hashable {
        case reap(SandboxKey)
        case warn(SandboxKey)
        case forget(SandboxKey)
        case adopt(SandboxKey)
        case discard(DiscardID)
        case waiter(WaiterID)
        case settle
        case inventory
        case fillPools
        case relabel(SandboxKey)
    }

    struct Entry: Comparable {
        var at: SessionInstant
        var kind: Kind

        static func < (left: Self, right: Self) -> Bool { left.at < right.at }
    }

    private var heap = Heap<Entry>()
    /// Entries of waiters that were answered before their deadline.
    private var staleWaiters = 0

    var next: SessionInstant? { heap.min?.at }
    var count: Int { heap.count }

    mutating func add(_ kind: Kind, at instant: SessionInstant) {
        heap.insert(Entry(at: instant, kind: kind))
    }

    /// The earliest entry, if it is due.
    mutating func takeDue(_ now: SessionInstant) -> Entry? {
        guard let first = heap.min, first.at <= now else { return nil }
        return heap.popMin()
    }

    /// Callers may name long timeouts and be answered at once: their entries go before they outweigh the others.
    mutating func noteStaleWaiter(isLive: (WaiterID) -> Bool) {
        staleWaiters += 1
        guard staleWaiters > 64, staleWaiters > heap.count / 2 else { return }
        heap = Heap(
            heap.unordered.filter { entry in
                guard case .waiter(let waiter) = entry.kind else { return true }
                return isLive(waiter)
            })
        staleWaiters = 0
    }
}
