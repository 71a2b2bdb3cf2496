import ControlServer
import JSONRPC
import Logging
import SandboxCore
import SessionManager
import Synchronization

/// Stands before every method: decides whether the caller may make the call, and writes down who did what.
///
/// The audit log (label `audit`) has a line for every call that does more than look, and one for every refusal: the
/// caller's uid and pid, the method, the session, and how it ended. Never what was passed or came back. An answer from
/// memory, such as that of a live session, changes nothing and has none.
struct CallGuard: Sendable {
    let access: AccessPolicy
    let sessions: SessionManager
    private let logger: Logger
    private let refusals = RefusalTally()

    init(access: AccessPolicy, sessions: SessionManager, logger: Logger) {
        self.access = access
        self.sessions = sessions
        self.logger = logger
    }

    func router(ended: @escaping RPCRouter<ControlCall>.Ended) -> RPCRouter<ControlCall> {
        RPCRouter(
            gate: { method, subject, call in
                try access.check(method, session: subject, for: call.peer, in: sessions)
            },
            record: record, ended: ended)
    }

    @Sendable
    private func record(_ method: RPCMethodDescription, _ session: String?, _ call: ControlCall, _ error: RPCError?) {
        if error?.kind == SandboxError(.permissionDenied, "").rpcError.kind {
            guard let unlogged = refusals.count(call.peer.uid) else { return }
            var metadata = metadata(method, session, call, "refused")
            if unlogged > 0 { metadata["not_logged"] = "\(unlogged)" }
            logger.warning("refused", metadata: metadata)
        } else if !method.isLook {
            logger.info("call", metadata: metadata(method, session, call, error?.kind ?? "ok"))
        }
    }

    private func metadata(
        _ method: RPCMethodDescription, _ session: String?, _ call: ControlCall, _ outcome: String
    ) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "uid": "\(call.peer.uid)", "pid": "\(call.peer.pid)", "method": "\(method.name)", "outcome": "\(outcome)",
        ]
        if let session = session ?? call.subject { metadata["session"] = "\(Excerpt.of(session))" }
        return metadata
    }
}

/// Keeps a caller who is refused again and again from filling the log.
private final class RefusalTally: Sendable {
    /// Of one uid in one second; more are only counted.
    private static let logged = 10

    private struct State {
        var second = ContinuousClock.now
        /// Refusals of this second, by uid.
        var counts: [UInt32: Int] = [:]
        var unlogged: [UInt32: Int] = [:]
    }

    private let state = Mutex(State())

    /// Nil where this one is not to be logged; else how many of the uid's were not logged before it.
    func count(_ uid: UInt32) -> Int? {
        state.withLock { state in
            if state.second.duration(to: .now) > .seconds(1) {
                state.second = .now
                state.counts = [:]
            }
            state.counts[uid, default: 0] += 1
            guard state.counts[uid, default: 0] <= Self.logged else {
                state.unlogged[uid, default: 0] += 1
                return nil
            }
            return state.unlogged.removeValue(forKey: uid) ?? 0
        }
    }
}
