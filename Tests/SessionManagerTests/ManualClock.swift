import SessionManager
import Synchronization

/// A clock that moves when the test says so.
final class ManualClock: SessionClock {
    private struct State {
        var monotonic: Duration
        var wall: Timestamp
        var nextID = 0
        var sleepers: [Int: (deadline: Duration, continuation: CheckedContinuation<Bool, Never>)] = [:]
    }

    let bootID: String
    private let state: Mutex<State>

    init(bootID: String = "boot-1", monotonic: Duration = .seconds(1_000)) {
        self.bootID = bootID
        state = Mutex(State(monotonic: monotonic, wall: Timestamp(milliseconds: 1_700_000_000_000)))
    }

    var monotonic: Duration { state.withLock(\.monotonic) }
    var wall: Timestamp { state.withLock(\.wall) }

    /// Both clocks go on, and whoever's time has come wakes up.
    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.monotonic += duration
            state.wall = state.wall.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.monotonic }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume(returning: true) }
    }

    /// Only the wall clock, as NTP or an operator would.
    func jumpWall(by duration: Duration) {
        state.withLock { $0.wall = $0.wall.advanced(by: duration) }
    }

    func sleep(until deadline: Duration) async throws(CancellationError) {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let isDue = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if deadline <= state.monotonic { return true }
                    state.sleepers[id] = (deadline, continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
            sleeper?.continuation.resume(returning: false)
        }
        guard isDue else { throw CancellationError() }
    }
}
