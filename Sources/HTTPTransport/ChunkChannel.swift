import Synchronization

/// Hands a streamed answer from the loop's thread to one task. Holds at most `capacity` bytes and then asks the
/// transfer to pause; the transfer goes on when the task has taken what is there.
final class ChunkChannel: Sendable {
    enum Item: Sendable {
        case head(HTTPResponseHead)
        case chunk([UInt8])
        case end
        case failure(HTTPError)
    }

    static let capacity = 256 << 10

    private struct State {
        var head: HTTPResponseHead?
        var buffer: [UInt8] = []
        var end: Result<Void, HTTPError>?
        var waiter: CheckedContinuation<Item, Never>?
        var isPaused = false

        /// What the task gets next: head, then bytes (also those before a failure), then the end again and again.
        mutating func take() -> Item? {
            if let head {
                self.head = nil
                return .head(head)
            }
            if !buffer.isEmpty {
                defer { buffer = [] }
                return .chunk(buffer)
            }
            switch end {
            case nil: return nil
            case .success: return .end
            case .failure(let error): return .failure(error)
            }
        }

        /// The waiting task and its item, when there are both.
        mutating func match() -> (CheckedContinuation<Item, Never>, Item)? {
            guard let waiter, let item = take() else { return nil }
            self.waiter = nil
            return (waiter, item)
        }
    }

    private let state = Mutex(State())

    func offer(_ head: HTTPResponseHead) {
        let match = state.withLock { state in
            state.head = head
            return state.match()
        }
        match.map { $0.resume(returning: $1) }
    }

    /// False when the buffer is full: the bytes are not taken, and `next` will call for the transfer to be resumed.
    func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (taken, match) = state.withLock { state in
            if !state.buffer.isEmpty, state.buffer.count + bytes.count > Self.capacity {
                state.isPaused = true
                return (false, nil as (CheckedContinuation<Item, Never>, Item)?)
            }
            state.buffer.append(contentsOf: bytes)
            return (true, state.match())
        }
        match.map { $0.resume(returning: $1) }
        return taken
    }

    func finish(_ result: Result<Void, HTTPError>) {
        let match = state.withLock { state in
            state.end = result
            return state.match()
        }
        match.map { $0.resume(returning: $1) }
    }

    /// Waits for the next item; one task only. `resume` is called when the transfer paused and may now go on.
    func next(resume: () -> Void) async -> Item {
        await withCheckedContinuation { continuation in
            let (item, wasPaused) = state.withLock { state in
                let item = state.take()
                if item == nil { state.waiter = continuation }
                let wasPaused = state.isPaused && state.buffer.isEmpty
                if wasPaused { state.isPaused = false }
                return (item, wasPaused)
            }
            if wasPaused { resume() }
            if let item { continuation.resume(returning: item) }
        }
    }

    /// Throws away what is still to come and returns when the transfer has ended.
    func drain() async {
        while true {
            switch await next(resume: {}) {
            case .head, .chunk: continue
            case .end, .failure: return
            }
        }
    }
}
