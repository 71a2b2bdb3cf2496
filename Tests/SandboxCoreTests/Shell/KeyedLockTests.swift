import Synchronization
import Testing

@testable import SandboxCore

@Suite struct KeyedLockTests {
    @Test func oneHolderAtATimeForEachKey() async throws {
        let lock = KeyedLock()
        let inside = Inside()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await lock.withLock([1]) { () async throws(SandboxError) in
                        inside.enter()
                        await Task.yield()
                        inside.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.most == 1 && inside.done == 50)
    }

    @Test func aCancelledWaiterLeavesAndTheOthersGoOn() async throws {
        let lock = KeyedLock()
        let (held, isHeld) = AsyncStream<Void>.makeStream()
        let (gate, open) = AsyncStream<Void>.makeStream()
        async let holder: Void = lock.withLock([1]) { () async throws(SandboxError) in
            isHeld.yield()
            for await _ in gate { break }
        }
        for await _ in held { break }
        // Other keys do not wait.
        #expect(try await lock.withLock([2]) { () async throws(SandboxError) in 7 } == 7)
        let cancelled = await withTaskGroup(of: SandboxError?.self) { group in
            group.addTask {
                do throws(SandboxError) {
                    try await lock.withLock([1]) { () async throws(SandboxError) in }
                    return nil
                } catch {
                    return error
                }
            }
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(cancelled == .cancelled)
        open.yield()
        try await holder
        #expect(try await lock.withLock([1]) { () async throws(SandboxError) in 8 } == 8)
    }

    @Test func anErrorReleasesIt() async throws {
        let lock = KeyedLock()
        await #expect(throws: SandboxError.emptyOldString) {
            try await lock.withLock([1]) { () async throws(SandboxError) -> Int in throw .emptyOldString }
        }
        #expect(try await lock.withLock([1]) { () async throws(SandboxError) in 9 } == 9)
    }
}

private final class Inside: Sendable {
    private struct State {
        var now = 0
        var most = 0
        var done = 0
    }

    private let state = Mutex(State())

    var most: Int { state.withLock { $0.most } }
    var done: Int { state.withLock { $0.done } }

    func enter() {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
        }
    }

    func leave() {
        state.withLock { state in
            state.now -= 1
            state.done += 1
        }
    }
}
