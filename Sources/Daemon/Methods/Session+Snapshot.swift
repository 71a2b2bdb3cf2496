package import ControlAPI
import Foundation
import SandboxCore
package import SessionManager

extension Session {
    /// A session of the rules as the API shows it.
    package init(_ session: consuming SessionSnapshot, backend: String) {
        let info = session.sandbox
        let use = SessionUse(session.activity)
        self.init(
            sessionID: session.sessionID.rawValue, state: State(rawValue: session.state.rawValue) ?? .failed,
            profile: session.profile, backend: backend, generation: session.generation,
            sandbox: Sandbox(
                name: session.sandboxName, uid: info?.uid, namespace: info?.namespace, node: info?.node, ip: info?.ip,
                image: info?.image, mode: info?.mode, pid: info?.pid),
            workDirectory: info?.workDirectory,
            owner: Owner(uid: session.owner.uid, gid: session.owner.gid, user: session.owner.user),
            labels: session.labels, createdAt: .init(session.createdAt.date),
            readyAt: session.readyAt.map { .init($0.date) }, timing: info?.timing,
            lastActivityAt: use.lastActivityAt, lastActivity: use.lastActivity, idleSeconds: use.idleSeconds,
            idleTimeout: session.idleTimeout?.seconds, maxLifetime: session.maxLifetime?.seconds, reapAt: use.reapAt,
            leases: use.leases, message: session.message)
    }
}

extension SessionUse {
    package init(_ activity: SessionActivity) {
        self.init(
            lastActivityAt: .init(activity.lastActivityAt.date), lastActivity: activity.lastActivity,
            idleSeconds: activity.idle.seconds, reapAt: activity.reapAt.map { .init($0.date) },
            leases: activity.leases)
    }
}

extension EndedSession {
    package init(_ record: HistoryRecord) {
        self.init(
            sessionID: record.sessionID.rawValue, generation: record.generation, profile: record.profile,
            owner: .init(uid: record.owner.uid, gid: record.owner.gid, user: record.owner.user),
            labels: record.labels, sandbox: .init(name: record.sandboxName, uid: record.sandboxUID),
            createdAt: .init(record.createdAt.date), readyAt: record.readyAt.map { .init($0.date) },
            lastActivityAt: .init(record.lastActivityAt.date), endedAt: .init(record.endedAt.date),
            reason: record.reason.rawValue, detail: record.detail, exitCode: record.exitCode)
    }
}

extension SessionExplain.Result {
    package init(_ explanation: SessionExplanation) {
        self.init(
            state: Session.State(rawValue: explanation.state.rawValue) ?? .failed,
            reapAt: explanation.reapAt.map { .init($0.date) }, reason: explanation.reason,
            setting: explanation.setting,
            leases: explanation.leases.map {
                .init(
                    operation: $0.purpose.operation, runID: $0.purpose.runID, since: .init($0.since.date),
                    ownerUID: $0.purpose.ownerUID)
            }, lastActivityAt: .init(explanation.lastActivityAt.date), lastActivity: explanation.lastActivity)
    }
}

extension SessionEvent {
    package init(_ event: EventRecord) {
        self.init(
            sequence: event.sequence, at: .init(event.at.date), kind: Kind(rawValue: event.kind.rawValue) ?? .ended,
            sessionID: event.sessionID.rawValue, generation: event.generation, reason: event.reason?.rawValue,
            detail: event.detail, exitCode: event.exitCode, reapAt: event.reapAt.map { .init($0.date) })
    }
}

extension Duration {
    /// As the wire has durations: seconds, to the millisecond.
    var seconds: Double {
        let (seconds, attoseconds) = components
        return (Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000_000)) / 1000
    }
}
