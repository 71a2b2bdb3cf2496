import ControlAPI
import Foundation

/// How people see sessions.
struct SessionView {
    let now: Date

    func table(_ sessions: [Session], isWide: Bool = false) -> Table {
        let more = isWide ? ["OWNER", "LABELS", "IMAGE", "REAPED IN"] : []
        return Table(
            heading: ["SESSION", "STATE", "PROFILE", "AGE", "IDLE", "LEASES", "SANDBOX", "NODE"] + more,
            rows: sessions.map { session in
                [
                    session.sessionID, session.state.rawValue, session.profile, age(session.createdAt),
                    Age.text(session.idleSeconds), String(session.leases), session.sandbox.name,
                    session.sandbox.node ?? "",
                ] + (isWide ? wideCells(session) : [])
            })
    }

    private func wideCells(_ session: Session) -> [String] {
        [
            owner(session.owner), pairs(session.labels), session.sandbox.image ?? "",
            session.reapAt.map { Age.text($0.date.timeIntervalSince(now)) } ?? "",
        ]
    }

    func fields(_ session: Session) -> [(String, String?)] {
        let sandbox = session.sandbox
        return [
            ("Session", session.sessionID),
            ("State", session.state.rawValue),
            ("Message", session.message),
            ("Profile", session.profile),
            ("Backend", session.backend),
            ("Generation", String(session.generation)),
            ("Owner", owner(session.owner)),
            ("Labels", session.labels.isEmpty ? nil : pairs(session.labels)),
            ("Created", "\(session.createdAt.text) (\(age(session.createdAt)) ago)"),
            ("Ready", session.readyAt?.text),
            ("Last activity", "\(session.lastActivity) (\(Age.text(session.idleSeconds)) ago)"),
            ("Idle timeout", session.idleTimeout.map(Age.precise) ?? "none"),
            ("Max lifetime", session.maxLifetime.map(Age.precise) ?? "none"),
            ("Reaped at", session.reapAt?.text),
            ("Leases", String(session.leases)),
            ("Usage", session.usage.map(Self.usage)),
            ("Sandbox", sandbox.name),
            ("  Namespace", sandbox.namespace),
            ("  Node", sandbox.node),
            ("  IP", sandbox.ip),
            ("  Image", sandbox.image),
            ("  Mode", sandbox.mode),
            ("  PID", sandbox.pid.map { String($0) }),
            ("  UID", sandbox.uid),
            ("  Work dir", session.workDirectory),
        ]
    }

    private static func usage(_ usage: SessionUsage) -> String {
        let memory = usage.memoryLimit.map { "\(Size.text(usage.memoryBytes)) of \(Size.text($0))" }
        let parts = [
            "\(Age.text(usage.cpuSeconds)) cpu", "\(memory ?? Size.text(usage.memoryBytes)) memory",
            "\(usage.processes) \(usage.processes == 1 ? "process" : "processes")",
            usage.diskBytes.map { "\(Size.text($0)) of files" },
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }

    func age(_ time: Timestamp) -> String { Age.text(now.timeIntervalSince(time.date)) }

    private func owner(_ owner: Session.Owner) -> String {
        owner.user.map { "\($0) (uid \(owner.uid))" } ?? "uid \(owner.uid)"
    }

    private func pairs(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
    }
}
