import SandboxCore

/// The ids that are shown, by creation time and then id: a page is a slice of it.
struct SessionOrder {
    struct Position: Comparable {
        var createdAt: Timestamp
        var sessionID: SessionID

        static func < (left: Self, right: Self) -> Bool {
            left.createdAt == right.createdAt ? left.sessionID < right.sessionID : left.createdAt < right.createdAt
        }
    }

    // Sessions are made in the order of their creation times but for clock jumps: an insertion is an append.
    private(set) var positions: [Position] = []
    private var createdAt: [SessionID: Timestamp] = [:]

    mutating func reserveCapacity(_ count: Int) {
        positions.reserveCapacity(count)
        createdAt.reserveCapacity(count)
    }

    /// Nil: the id is shown no more.
    mutating func set(_ sessionID: SessionID, createdAt new: Timestamp?) {
        let old = createdAt[sessionID]
        guard old != new else { return }
        if let old {
            let index = firstIndex(notBefore: Position(createdAt: old, sessionID: sessionID))
            positions.remove(at: index)
        }
        createdAt[sessionID] = new
        guard let new else { return }
        let position = Position(createdAt: new, sessionID: sessionID)
        positions.insert(position, at: firstIndex(notBefore: position))
    }

    /// Where a page begins that comes after the cursor's position.
    func index(after cursor: Position?) -> Int {
        guard let cursor else { return 0 }
        let index = firstIndex(notBefore: cursor)
        return index < positions.count && positions[index] == cursor ? index + 1 : index
    }

    private func firstIndex(notBefore position: Position) -> Int {
        var low = 0
        var high = positions.count
        if let last = positions.last, last < position { return high }
        while low < high {
            let middle = (low + high) / 2
            if positions[middle] < position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension SessionOrder.Position {
    /// `<milliseconds>:<id>`; opaque to callers.
    var cursor: String { "\(createdAt.milliseconds):\(sessionID)" }

    init(cursor: String) throws(SandboxError) {
        let parts = cursor.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let milliseconds = Int64(parts[0]), let id = try? SessionID(String(parts[1])) else {
            throw .invalid("cursor is not one that session.list gave")
        }
        self.init(createdAt: Timestamp(milliseconds: milliseconds), sessionID: id)
        // One position has one spelling: `+5:a` is none that was given.
        guard self.cursor == cursor else { throw .invalid("cursor is not one that session.list gave") }
    }
}
