import DequeModule
import SandboxCore

/// Sessions that wait for room: owners take turns, each of them first come first served.
///
/// So an owner who opens a thousand sessions at once delays another by one start, not by a thousand.
struct AdmissionQueue {
    private var byOwner: [UInt32: Deque<SessionID>] = [:]
    /// Owners who wait, whose turn is next first.
    private var turns: Deque<UInt32> = []
    private(set) var count = 0

    mutating func enqueue(_ sessionID: SessionID, owner: UInt32) {
        if byOwner[owner] == nil { turns.append(owner) }
        byOwner[owner, default: []].append(sessionID)
        count += 1
    }

    /// Takes out whose turn it is among the owners who may go on now; an owner who may not keeps their turn.
    mutating func next(where isEligible: (UInt32) -> Bool) -> SessionID? {
        guard let index = turns.firstIndex(where: isEligible) else { return nil }
        let owner = turns.remove(at: index)
        guard let sessionID = byOwner[owner]?.popFirst() else { return nil }
        count -= 1
        if byOwner[owner]?.isEmpty == true { byOwner[owner] = nil } else { turns.append(owner) }
        return sessionID
    }

    mutating func remove(_ sessionID: SessionID, owner: UInt32) {
        guard let index = byOwner[owner]?.firstIndex(of: sessionID) else { return }
        byOwner[owner]?.remove(at: index)
        count -= 1
        guard byOwner[owner]?.isEmpty == true else { return }
        byOwner[owner] = nil
        turns.removeAll { $0 == owner }
    }

    /// 1 for the one that is next if every owner may go on. Nil for one that does not wait.
    func position(of sessionID: SessionID, owner: UInt32) -> Int? {
        guard let index = byOwner[owner]?.firstIndex(of: sessionID), let turn = turns.firstIndex(of: owner) else {
            return nil
        }
        var ahead = index
        for (otherTurn, other) in turns.enumerated() where other != owner {
            ahead += min(byOwner[other]?.count ?? 0, otherTurn < turn ? index + 1 : index)
        }
        return ahead + 1
    }
}
