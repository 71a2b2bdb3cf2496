import CPodkeeper
import Synchronization

/// Carries a process's stdin from its queue into its pipe or terminal, until the queue ends or nobody reads any more.
final class InputWriter: Sendable {
    /// VEOF of a terminal as it comes (termios(3)): the end of input at the start of a line.
    private static let terminalEnd: [UInt8] = [4]

    private let input: ProcessInput
    private let target: OwnedDescriptor
    private let isTerminal: Bool
    private let watch: PollWatch
    private let isStopped = Mutex(false)
    private let changes: AsyncStream<Void>
    private let listener: UInt64

    /// `target` is the write end of a pipe, or a terminal's master; non-blocking.
    init(_ input: ProcessInput, target: OwnedDescriptor, isTerminal: Bool, poller: Poller) {
        self.input = input
        self.target = target
        self.isTerminal = isTerminal
        watch = poller.watch(target.rawValue, for: PK_EPOLLOUT)
        (changes, listener) = input.listen()
    }

    func run() async {
        defer {
            input.forget(listener)
            input.close()
            watch.end()
            target.close()
        }
        var iterator = changes.makeAsyncIterator()
        while !isStopped.withLock({ $0 }) {
            switch input.next {
            case .end:
                guard isTerminal else { return }
                // Closing would hang up the terminal: its output is still wanted.
                _ = target.write(Self.terminalEnd[...])
                while !isStopped.withLock({ $0 }), await iterator.next(isolation: #isolation) != nil {}
                return
            case .wait:
                if await iterator.next(isolation: #isolation) == nil { return }
            case .bytes(let bytes):
                guard let written = target.write(bytes.prefix(1 << 16)) else { return }
                if written < 0 { await watch.ready() } else { input.wrote(written) }
            }
        }
    }

    /// Ends `run`, which closes the pipe itself: nobody else may close a descriptor that it may be writing to.
    func stop() {
        isStopped.withLock { $0 = true }
        input.forget(listener)
        watch.wake()
    }
}
