import Synchronization

/// Counts what the streams of one process produce, against their common limit.
final class OutputMeter: Sendable {
    private struct State {
        var stdout = 0
        var stderr = 0
    }

    struct Share: Hashable {
        /// Bytes of that stream before these.
        var offset: Int
        /// How many of the bytes still fit.
        var count: Int
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    func take(_ count: Int, of stream: ProcessStream) -> Share {
        state.withLock { state in
            let room = max(0, limit &- state.stdout &- state.stderr)
            let share = Share(offset: stream == .stdout ? state.stdout : state.stderr, count: min(count, room))
            switch stream {
            case .stdout: state.stdout &+= share.count
            case .stderr: state.stderr &+= share.count
            }
            return share
        }
    }

    var totals: (stdout: Int, stderr: Int) {
        state.withLock { ($0.stdout, $0.stderr) }
    }
}
