import NIOCore
import Synchronization

/// The open connections, up to a limit. Over it a new one takes the place of one that says nothing, if there is one:
/// strangers that only hold connections keep nobody out.
final class ConnectionTable: Sendable {
    private struct Member {
        let channel: any Channel
        /// It has made a request before.
        var hasSpoken = false
        /// When it fell silent, as a number that grows; nil while it makes a request and is answered.
        var silentSince: UInt64?
        /// Closed to make room; it holds its descriptor for a moment yet.
        var isLeaving = false
    }

    private struct State {
        var members: [UInt64: Member] = [:]
        var leaving = 0
        /// Whoever waits for one to leave.
        var waiting: CheckedContinuation<Void, Never>?
        var next: UInt64 = 0

        mutating func tick() -> UInt64 {
            next &+= 1
            return next
        }

        /// Strangers before those who have spoken, and the longest silence first.
        var mostSilent: UInt64? {
            members.lazy.filter { !$0.value.isLeaving && $0.value.silentSince != nil }.min { left, right in
                let (left, right) = (left.value, right.value)
                if left.hasSpoken != right.hasSpoken { return right.hasSpoken }
                return left.silentSince ?? 0 < right.silentSince ?? 0
            }?.key
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// The connection's number; nil where there are too many already, and all of them have something to say. Waits while
    /// those that make room are still on their way. For one caller at a time.
    func enter(_ channel: any Channel) async -> UInt64? {
        while true {
            switch admit(channel) {
            case .admitted(let number, let silent):
                silent?.close(promise: nil)
                return number
            case .refused: return nil
            case .later: await oneLess()
            }
        }
    }

    func leave(_ number: UInt64) {
        let waiting = state.withLock { state in
            if state.members.removeValue(forKey: number)?.isLeaving == true { state.leaving -= 1 }
            return state.waiting.take()
        }
        waiting?.resume()
    }

    private enum Admission {
        /// In the place of one that is to be closed, or in a free one.
        case admitted(UInt64, closing: (any Channel)?)
        case refused
        case later
    }

    private func admit(_ channel: any Channel) -> Admission {
        state.withLock { state in
            var silent: (any Channel)?
            if state.members.count - state.leaving >= limit {
                guard state.leaving < mostLeaving else { return .later }
                guard let victim = state.mostSilent else { return .refused }
                state.members[victim]?.isLeaving = true
                state.leaving += 1
                silent = state.members[victim]?.channel
            }
            let number = state.tick()
            state.members[number] = Member(channel: channel, silentSince: number)
            return .admitted(number, closing: silent)
        }
    }

    /// Until a connection leaves.
    private func oneLess() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.leaving >= mostLeaving else { return true }
                state.waiting = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Each holds a descriptor over the limit.
    private var mostLeaving: Int { max(1, limit / 8) }

    /// Does `body` while the connection counts as silent.
    func whileSilent<Result>(_ number: UInt64, _ body: () async throws -> Result) async rethrows -> Result {
        state.withLock { state in
            let now = state.tick()
            state.members[number]?.silentSince = now
        }
        defer {
            state.withLock { state in
                state.members[number]?.silentSince = nil
                state.members[number]?.hasSpoken = true
            }
        }
        return try await body()
    }
}
