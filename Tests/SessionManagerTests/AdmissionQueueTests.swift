import SandboxCore
import Testing

@testable import SessionManager

/// The order in which those who wait for room get it.
@Suite struct AdmissionQueueTests {
    private func ids(_ names: String...) throws -> [SessionID] { try names.map { try SessionID($0) } }

    @Test func ownersTakeTurnsAndEachIsServedInOrder() throws {
        var queue = AdmissionQueue()
        let greedy = try (0..<5).map { try SessionID("greedy-\($0)") }
        for id in greedy { queue.enqueue(id, owner: 1) }
        let modest = try SessionID("modest")
        queue.enqueue(modest, owner: 2)
        #expect(queue.position(of: modest, owner: 2) == 2)
        #expect(queue.position(of: greedy[1], owner: 1) == 3)
        var served: [SessionID] = []
        while let next = queue.next(where: { _ in true }) { served.append(next) }
        #expect(served == [greedy[0], modest] + greedy[1...])
        #expect(queue.count == 0)
    }

    @Test func anOwnerWhoMayNotKeepsTheirTurn() throws {
        var queue = AdmissionQueue()
        let (one, two) = (try SessionID("one"), try SessionID("two"))
        queue.enqueue(one, owner: 1)
        queue.enqueue(two, owner: 2)
        #expect(queue.next { $0 == 2 } == two)
        #expect(queue.next { $0 == 2 } == nil)
        #expect(queue.next { _ in true } == one)
    }

    @Test(arguments: 0..<20) func everyPositionIsTheNumberOfTheTurnThatItGets(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var queue = AdmissionQueue()
        var owners: [SessionID: UInt32] = [:]
        for number in 0..<40 {
            let id = try SessionID("id-\(number)")
            owners[id] = UInt32.random(in: 0..<6, using: &random)
            queue.enqueue(id, owner: owners[id] ?? 0)
            if Int.random(in: 0..<4, using: &random) == 0, let gone = owners.keys.sorted().randomElement(using: &random)
            {
                queue.remove(gone, owner: owners[gone] ?? 0)
                owners[gone] = nil
            }
            if Int.random(in: 0..<5, using: &random) == 0, let served = queue.next(where: { _ in true }) {
                owners[served] = nil
            }
        }
        #expect(queue.count == owners.count)
        var told: [Int: SessionID] = [:]
        for (id, owner) in owners { told[try #require(queue.position(of: id, owner: owner))] = id }
        for turn in 1...max(1, owners.count) { #expect(queue.next { _ in true } == told[turn], "turn \(turn)") }
    }
}
