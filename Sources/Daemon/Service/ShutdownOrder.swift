import Synchronization

/// A stop that was asked for by a call, and what is to become of the sessions then.
final class ShutdownOrder: Sendable {
    private struct State {
        var releases: Bool?
        var isGiven = false
        var stop: (@Sendable () async -> Void)?
    }

    private let state = Mutex(State())

    /// Nil: as the configuration says.
    var releases: Bool? { state.withLock { $0.releases } }

    /// `stop` is what ends the daemon in good order. Where that was asked for already it is called now.
    func arm(_ stop: @escaping @Sendable () async -> Void) async {
        let isGiven = state.withLock { state in
            state.stop = stop
            return state.isGiven
        }
        if isGiven { await stop() }
    }

    func give(releases: Bool?) async {
        let stop = state.withLock { state in
            state.isGiven = true
            state.releases = releases ?? state.releases
            return state.stop
        }
        await stop?()
    }
}
