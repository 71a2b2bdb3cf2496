import CPodkeeper
import Glibc
import Synchronization

/// The one thread that calls libcurl, as other threads see it: a queue of commands and an end.
final class TransferLoop: Sendable {
    typealias Command = @Sendable (LoopCore) -> Void

    private struct State {
        /// At most a few per transfer and per suspended call, so bounded by `maximumTransfers` and the callers.
        var commands: [Command] = []
        var isClosing = false
        var transfers = 0
        var thread: pthread_t?
        var hasEnded = false
        var endWaiters: [CheckedContinuation<Void, Never>] = []
    }

    let epoll: Int32
    private let wake: Int32
    private let maximumTransfers: Int
    private let state = Mutex(State())

    /// - Throws: `system`.
    init(_ configuration: HTTPClientConfiguration) throws(HTTPError) {
        maximumTransfers = configuration.maximumTransfers
        epoll = pk_epoll_create()
        wake = pk_eventfd()
        guard epoll >= 0, wake >= 0, pk_epoll_ctl(epoll, PK_EPOLL_CTL_ADD, wake, PK_EPOLLIN, LoopCore.wakeTag) == 0
        else {
            throw HTTPError(.system, "No descriptors for the HTTP client (errno \(-min(epoll, wake)))")
        }
        let core = try LoopCore(self, configuration)
        try startThread(core)
    }

    deinit {
        if epoll >= 0 { Glibc.close(epoll) }
        if wake >= 0 { Glibc.close(wake) }
    }

    /// Runs the command on the loop's thread, in the order of the calls.
    /// - Returns: false when the loop is closing; the command is dropped then.
    @discardableResult
    func submit(_ command: @escaping Command) -> Bool {
        state.withLock { state in
            guard !state.isClosing else { return false }
            enqueue(command, &state)
            return true
        }
    }

    /// - Throws: `shutdown`, `overloaded`.
    func start(_ transfer: Transfer) throws(HTTPError) {
        let refusal: HTTPError? = state.withLock { state in
            if state.isClosing { return Self.closedError }
            guard state.transfers < maximumTransfers else {
                return HTTPError(.overloaded, "\(maximumTransfers) HTTP transfers are under way already; try later")
            }
            state.transfers += 1
            enqueue({ $0.start(transfer) }, &state)
            return nil
        }
        if let refusal { throw refusal }
    }

    func cancel(_ transfer: Transfer) {
        submit { $0.cancel(transfer) }
    }

    /// Begins the end: what was submitted before still runs, then all transfers fail.
    func close() {
        state.withLock { state in
            state.isClosing = true
            _ = pk_eventfd_signal(wake)
        }
    }

    /// Waits for the thread to be gone.
    func join() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.endWaiters.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
        // The thread has nothing left to do but to return: this does not block in earnest.
        if let thread = takeThread() { pthread_join(thread, nil) }
    }

    /// For when nobody will join.
    func detach() {
        if let thread = takeThread() { pthread_detach(thread) }
    }

    static let closedError = HTTPError(.shutdown, "The HTTP client is shut down")

    private func takeThread() -> pthread_t? {
        state.withLock { state in
            defer { state.thread = nil }
            return state.thread
        }
    }

    private func enqueue(_ command: @escaping Command, _ state: inout State) {
        // The loop takes all commands at once: only the first needs to wake it.
        if state.commands.isEmpty { _ = pk_eventfd_signal(wake) }
        state.commands.append(command)
    }

    // MARK: For the loop's thread

    /// All commands so far, and whether they are the last ones.
    func takeCommands() -> (commands: [Command], areLast: Bool) {
        state.withLock { state in
            defer { state.commands = [] }
            return (state.commands, state.isClosing)
        }
    }

    func drainWake() {
        _ = pk_eventfd_drain(wake)
    }

    func transferEnded() {
        state.withLock { $0.transfers -= 1 }
    }

    private func threadEnds() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            defer { state.endWaiters = [] }
            return state.endWaiters
        }
        waiters.forEach { $0.resume() }
    }

    private func startThread(_ core: LoopCore) throws(HTTPError) {
        let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
            guard let context else { return nil }
            _ = pk_name_thread("pk-http")
            let core = Unmanaged<LoopCore>.fromOpaque(context).takeRetainedValue()
            core.run()
            core.loop.threadEnds()
            return nil
        }
        let context = Unmanaged.passRetained(core)
        // Signals are for the threads that expect them; this one and libcurl's resolver threads inherit the mask.
        var all = sigset_t()
        var previous = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &previous)
        var thread = pthread_t()
        let failure = pthread_create(&thread, nil, entry, context.toOpaque())
        pthread_sigmask(SIG_SETMASK, &previous, nil)
        guard failure == 0 else {
            context.release()
            core.close()
            throw HTTPError(.system, "No thread for the HTTP client (errno \(failure))")
        }
        state.withLock { $0.thread = thread }
    }
}
