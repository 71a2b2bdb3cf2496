import SandboxCore
import Testing

@testable import SessionManager

@Suite struct SessionTableTests {
    private func session(_ id: SessionID, generation: Int = 1) -> Session {
        let moment = SessionMoment(instant: .zero, wall: Timestamp(milliseconds: 0))
        return Session(
            record: SessionRecord(
                sessionID: id, generation: generation, profile: "default", state: .ready, sandboxName: "n", nonce: "",
                token: "", owner: SessionOwner(uid: 0, gid: 0, user: nil), labels: [:], environment: [:],
                created: moment, lastActivity: moment, lastOperation: "", idleTimeout: nil, maxLifetime: nil,
                startDeadline: .zero),
            phase: .ready, mark: .settled(0))
    }

    @Test func holdsWhatADictionaryWouldHold() throws {
        var table = SessionTable()
        var expected: [SessionID: Int] = [:]
        var generator = SystemRandomNumberGenerator()
        for step in 0..<5000 {
            let id = try SessionID("s\(Int.random(in: 0..<300, using: &generator))")
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1:
                table[id] = session(id, generation: step)
                expected[id] = step
            case 2:
                #expect(table.removeValue(forKey: id)?.record.generation == expected.removeValue(forKey: id))
            default:
                let old = table.inPlace(id) { session in
                    defer { session.record.generation += 1 }
                    return session.record.generation
                }
                #expect(old == expected[id])
                expected[id]? += 1
            }
            #expect(table[id]?.record.generation == expected[id])
        }
        #expect(table.count == expected.count)
        #expect(Set(table.keys) == Set(expected.keys))
        let found = Dictionary(
            uniqueKeysWithValues: table.values.map { ($0.record.sessionID, $0.record.generation) })
        #expect(found == expected)
    }
}
