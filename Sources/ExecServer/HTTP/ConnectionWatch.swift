import NIOCore
import Synchronization

/// Notices that a client went away while its request is being worked on, and ends that work.
final class ConnectionWatch: Sendable {
    private struct State {
        var isClosed = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    init(_ channel: any Channel) {
        channel.closeFuture.whenComplete { _ in
            let action = self.state.withLock { state in
                state.isClosed = true
                return state.action
            }
            action?()
        }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Calls `action`, once, should the client go away before `body` returns.
    func whenClosed<Result>(
        _ action: @escaping @Sendable () -> Void, during body: () async throws -> Result
    ) async rethrows -> Result {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.action = action }
            return state.isClosed
        }
        if isClosed { action() }
        defer { state.withLock { $0.action = nil } }
        return try await body()
    }
}
