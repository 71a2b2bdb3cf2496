import ProcessSupervisor
import SandboxCore
import Synchronization

/// The output of a run that outlives its caller, and its end, for any number of readers now and later.
///
/// While a reader is attached nothing that it has yet to read is dropped: the process waits. Without one the oldest
/// bytes over the limit go.
final class RunSpool: Sendable {
    /// Bytes handed to a reader at a time.
    private static let chunkBytes = 65536

    private struct State {
        var stdout: SpoolStream
        var stderr: SpoolStream
        var end: ProcessEnd?
        /// Readers are not waited for any more.
        var isHurried = false
        var readers: [UInt64: OutputOffsets] = [:]
        var nextID: UInt64 = 0
        /// Woken after every change.
        var listeners: [UInt64: AsyncStream<Void>.Continuation] = [:]
    }

    /// What a reader gets next.
    enum Next: Sendable {
        case output(ProcessStream, offset: Int, [UInt8])
        case end(ProcessEnd)
        /// It was detached.
        case detached
        /// The spool's file cannot be read any more.
        case lost
    }

    private let state: Mutex<State>

    init(fileLimit: Int, directories: [String]) {
        let limit = max(fileLimit, ServerLimits.spoolMemoryBytes)
        state = Mutex(
            State(
                stdout: SpoolStream(
                    memoryLimit: ServerLimits.spoolMemoryBytes, fileLimit: limit, directories: directories),
                stderr: SpoolStream(
                    memoryLimit: ServerLimits.spoolMemoryBytes, fileLimit: limit, directories: directories)))
    }

    /// The first bytes that are kept, and those behind the last.
    var bounds: (kept: OutputOffsets, produced: OutputOffsets) {
        state.withLock { state in
            (
                OutputOffsets(stdout: state.stdout.start, stderr: state.stderr.start),
                OutputOffsets(stdout: state.stdout.end, stderr: state.stderr.end)
            )
        }
    }

    /// Waits for the slowest reader where there is one. Cancellation ends the wait, and drops what is oldest.
    func append(_ stream: ProcessStream, _ bytes: [UInt8]) async {
        let (changes, listener) = listen()
        defer { forget(listener) }
        var iterator = changes.makeAsyncIterator()
        while !tryAppend(stream, bytes, isForced: Task.isCancelled) {
            _ = await iterator.next(isolation: #isolation)
        }
        wake()
    }

    /// From now on the oldest bytes over the limit go, read or not.
    func stopWaiting() {
        state.withLock { $0.isHurried = true }
        wake()
    }

    func finish(_ end: ProcessEnd) {
        state.withLock { $0.end = end }
        wake()
    }

    /// Returns when the run has ended, or when cancelled.
    func waitForEnd() async {
        let (changes, listener) = listen()
        defer { forget(listener) }
        var iterator = changes.makeAsyncIterator()
        while state.withLock({ $0.end == nil }), await iterator.next(isolation: #isolation) != nil {}
    }

    /// A new reader's number. Throws `invalid` for a place that is not kept or was not reached.
    func attach(from offsets: OutputOffsets) throws(ExecFailure) -> UInt64 {
        try state.withLock { state throws(ExecFailure) in
            try Self.check(offsets.stdout, "stdout", state.stdout.start, state.stdout.end)
            try Self.check(offsets.stderr, "stderr", state.stderr.start, state.stderr.end)
            state.nextID &+= 1
            state.readers[state.nextID] = offsets
            return state.nextID
        }
    }

    func detach(_ reader: UInt64) {
        state.withLock { state in _ = state.readers.removeValue(forKey: reader) }
        wake()
    }

    /// Waits for more output or the end.
    func next(_ reader: UInt64) async -> Next {
        let (changes, listener) = listen()
        defer { forget(listener) }
        var iterator = changes.makeAsyncIterator()
        while true {
            if let next = look(reader) { return next }
            if await iterator.next(isolation: #isolation) == nil { return .detached }
        }
    }

    /// The reader has passed on `count` bytes of the stream.
    func advance(_ reader: UInt64, _ stream: ProcessStream, by count: Int) {
        state.withLock { state in
            switch stream {
            case .stdout: state.readers[reader]?.stdout += count
            case .stderr: state.readers[reader]?.stderr += count
            }
        }
        wake()
    }

    private func tryAppend(_ stream: ProcessStream, _ bytes: [UInt8], isForced: Bool) -> Bool {
        state.withLock { state in
            let isForced = isForced || state.isHurried
            switch stream {
            case .stdout:
                let start = state.stdout.start(afterAppending: bytes.count)
                guard isForced || state.readers.values.allSatisfy({ $0.stdout >= start }) else { return false }
                state.stdout.append(bytes)
            case .stderr:
                let start = state.stderr.start(afterAppending: bytes.count)
                guard isForced || state.readers.values.allSatisfy({ $0.stderr >= start }) else { return false }
                state.stderr.append(bytes)
            }
            return true
        }
    }

    private func look(_ reader: UInt64) -> Next? {
        state.withLock { state in
            guard let place = state.readers[reader] else { return .detached }
            if place.stdout < state.stdout.end {
                guard place.stdout >= state.stdout.start,
                    let bytes = state.stdout.read(from: place.stdout, atMost: Self.chunkBytes)
                else { return .lost }
                return .output(.stdout, offset: place.stdout, bytes)
            }
            if place.stderr < state.stderr.end {
                guard place.stderr >= state.stderr.start,
                    let bytes = state.stderr.read(from: place.stderr, atMost: Self.chunkBytes)
                else { return .lost }
                return .output(.stderr, offset: place.stderr, bytes)
            }
            return state.end.map { .end($0) }
        }
    }

    private func listen() -> (AsyncStream<Void>, UInt64) {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextID &+= 1
            state.listeners[state.nextID] = continuation
            return state.nextID
        }
        return (changes, id)
    }

    private func forget(_ listener: UInt64) {
        state.withLock { $0.listeners.removeValue(forKey: listener) }?.finish()
    }

    private func wake() {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield() }
    }

    private static func check(_ offset: Int, _ name: String, _ start: Int, _ end: Int) throws(ExecFailure) {
        guard offset >= start else {
            throw .invalid("\(name) is kept from byte \(start) on, not from \(offset): attach from there")
        }
        guard offset <= end else {
            throw .invalid("\(name)_offset \(offset) is past the \(end) bytes that there are")
        }
    }
}
