import ControlAPI
import Foundation
import SandboxCore
import SessionManager
import Synchronization

/// Asks sandboxes what they use, each once in a few seconds however many want to know.
final class UsageReader: Sendable {
    /// How old an answer may be, and how long one is remembered at all.
    private static let freshness = Duration.seconds(2)
    private static let memory = Duration.seconds(60)
    /// Sandboxes that are asked at the same time for one page.
    private static let width = 16

    private struct Answer {
        var usage: SessionUsage?
        var at: ContinuousClock.Instant
    }

    private let sessions: SessionManager
    private let answers = Mutex<[SandboxKey: Answer]>([:])

    init(sessions: SessionManager) { self.sessions = sessions }

    /// The same sessions in the same order, with what is known of their use. A sandbox that does not answer has none.
    func fill(_ listed: [Session]) async -> [Session] {
        await withTaskGroup(of: (Int, SessionUsage?).self) { group in
            var filled = listed
            var next = 0
            func add() {
                guard next < listed.count else { return }
                let (index, id) = (next, listed[next].sessionID)
                next += 1
                group.addTask { (index, await self.usage(id)) }
            }
            for _ in 0..<Self.width { add() }
            for await (index, usage) in group {
                filled[index].usage = usage
                add()
            }
            return filled
        }
    }

    private func usage(_ id: String) async -> SessionUsage? {
        guard let id = try? SessionID(id), let (key, sandbox) = sessions.peek(id) else { return nil }
        if let known = answers.withLock({ $0[key] }), known.at.duration(to: .now) < Self.freshness {
            return known.usage
        }
        let usage = try? await sandbox.usage()
        let answer = Answer(usage: usage.map { SessionUsage($0, at: Date()) }, at: .now)
        answers.withLock { answers in
            if answers[key] == nil { answers = answers.filter { $0.value.at.duration(to: .now) < Self.memory } }
            answers[key] = answer
        }
        return answer.usage
    }
}

extension SessionUsage {
    fileprivate init(_ usage: SandboxUsage, at date: Date) {
        self.init(
            cpuSeconds: usage.cpuSeconds, memoryBytes: usage.memoryBytes, memoryLimit: usage.memoryLimit,
            processes: usage.processes, diskBytes: usage.diskBytes, at: .init(date))
    }
}
