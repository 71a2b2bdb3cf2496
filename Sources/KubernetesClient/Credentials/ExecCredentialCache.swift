import FoundationEssentials
import Logging
import Synchronization

/// The credential of one exec plugin for one cluster, kept until it expires or is refused.
final class ExecCredentialCache: Sendable {
    /// A credential is renewed so long before its end, or in the last tenth of its life if that is shorter.
    private static let leeway: TimeInterval = 30

    private struct State {
        var credential: ExecCredential?
        var renewAt: Date?
    }

    let plugin: ExecPlugin
    private let logger: Logger
    private let flight = SingleFlight<ExecCredential>()
    private let state = Mutex(State())

    init(_ plugin: ExecPlugin, logger: Logger) {
        self.plugin = plugin
        self.logger = logger
    }

    /// The cached credential, or the one of a new run, for which all callers wait together.
    ///
    /// A run that fails leaves a credential in use that has not expired yet.
    func credential(authority: [UInt8]?, now: @Sendable () -> Date) async throws(KubernetesError) -> ExecCredential {
        if let credential = cached(now()) { return credential }
        return try await flight.run { () async throws(KubernetesError) in
            // Somebody else's run may have ended just before.
            if let credential = cached(now()) { return credential }
            do throws(KubernetesError) {
                let credential = try await plugin.run(authority: authority, logger: logger)
                keep(credential, now())
                return credential
            } catch {
                let old = state.withLock { $0.credential }
                guard error.kind != .cancelled, let old, let expiry = old.expiry, now() < expiry else { throw error }
                logger.warning(
                    "the exec credential plugin failed; the old credential is still good",
                    metadata: ["error": "\(error.message)"])
                return old
            }
        }
    }

    /// Forgets the credential, unless it has been replaced since.
    func invalidate(_ refused: ExecCredential) {
        state.withLock { state in
            if state.credential == refused { state = State() }
        }
    }

    private func cached(_ now: Date) -> ExecCredential? {
        state.withLock { state in
            if let renewAt = state.renewAt, now >= renewAt { return nil }
            return state.credential
        }
    }

    private func keep(_ credential: ExecCredential, _ now: Date) {
        let renewAt = credential.expiry.map { expiry in
            expiry.addingTimeInterval(-min(Self.leeway, max(0, expiry.timeIntervalSince(now) / 10)))
        }
        state.withLock { $0 = State(credential: credential, renewAt: renewAt) }
    }
}
