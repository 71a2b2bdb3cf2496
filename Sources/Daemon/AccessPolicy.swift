package import ControlServer
package import JSONRPC
package import SandboxCore
package import SessionManager
import Synchronization

/// Who may do what, by what the kernel says of the caller: the only place where that is decided.
package final class AccessPolicy: Sendable {
    private let settings: Mutex<AccessSettings>
    private let daemonUID: UInt32

    package init(settings: AccessSettings, daemonUID: UInt32) {
        self.settings = Mutex(settings)
        self.daemonUID = daemonUID
    }

    /// From the next call on.
    package func update(_ settings: AccessSettings) { self.settings.withLock { $0 = settings } }

    /// Root, the daemon's own user, and the configured operators may do everything.
    package func isOperator(_ peer: PeerCredentials) -> Bool {
        peer.uid == 0 || peer.uid == daemonUID || settings.withLock { $0.operators.contains(peer) }
    }

    private func isAgent(_ peer: PeerCredentials) -> Bool {
        settings.withLock { $0.agents.isEmpty || $0.agents.contains(peer) }
    }

    /// Before a call. Throws `permissionDenied` unless the caller may use the daemon, the method and, where the params
    /// name one, the session.
    package func check(
        _ method: RPCMethodDescription, session: String?, for peer: PeerCredentials, in sessions: SessionManager
    ) throws(SandboxError) {
        guard !isOperator(peer) else { return }
        try checkCaller(peer)
        if method.isForOperators { try checkOperator(peer, for: method.name) }
        // What is no id at all is for the handler to refuse.
        guard let session, let id = try? SessionID(session) else { return }
        try checkSession(id, for: peer, in: sessions)
    }

    /// Throws `permissionDenied` for a caller who may not use the daemon at all.
    package func checkCaller(_ peer: PeerCredentials) throws(SandboxError) {
        guard isOperator(peer) || isAgent(peer) else {
            throw SandboxError(
                .permissionDenied,
                "user \(peer.uid) is neither an operator nor an agent of this daemon; see access.agents in its configuration"
            )
        }
    }

    /// Throws `permissionDenied` unless the caller is an operator.
    package func checkOperator(_ peer: PeerCredentials, for method: String) throws(SandboxError) {
        guard isOperator(peer) else {
            throw SandboxError(
                .permissionDenied, "\(method) is for operators; user \(peer.uid) is none (access.operators)")
        }
    }

    /// Throws `permissionDenied` for a session of somebody else. An id without a session passes: there is nothing to
    /// protect, and what follows says so.
    package func checkSession(
        _ id: SessionID, for peer: PeerCredentials, in sessions: SessionManager
    ) throws(SandboxError) {
        try checkCaller(peer)
        guard !isOperator(peer), let owner = sessions.owner(of: id), owner.uid != peer.uid else { return }
        throw SandboxError(.permissionDenied, "session '\(id)' belongs to another user")
    }

    /// The owner whose sessions a listing is limited to: nil is everybody's.
    package func visibleOwner(_ peer: PeerCredentials, asked: UInt32?) throws(SandboxError) -> UInt32? {
        try checkCaller(peer)
        guard !isOperator(peer) else { return asked }
        guard asked == nil || asked == peer.uid else {
            throw SandboxError(.permissionDenied, "sessions of user \(asked ?? 0) are not for user \(peer.uid) to see")
        }
        return peer.uid
    }
}

extension AccessSettings.Principals {
    fileprivate func contains(_ peer: PeerCredentials) -> Bool {
        uids.contains(peer.uid) || gids.contains(peer.gid) || !gids.isDisjoint(with: peer.supplementaryGroups)
    }
}
