import CPodkeeper
import Glibc

/// A process with all its descendants, whose leader has not been reaped: until then its number belongs to nobody else.
///
/// Members are: who is in the leader's group or session, whose chain of parents leads to a member, and who carries the
/// mark in its environment. So neither a new session nor a parent that has gone hides one; only a process that does all
/// of it, and clears its environment, gets away.
struct ProcessFamily {
    /// An environment is looked at this far: execve(2) takes 128 KiB in one string, but the mark is put first.
    private static let maximumEnvironmentBytes = 256 << 10

    let leader: pid_t
    /// `NAME=value`.
    let mark: [UInt8]?

    /// To the group in one step, and then to every other member.
    func send(_ signal: Int32) {
        _ = kill(-leader, signal)
        for member in members() where member.group != leader {
            // Held by a descriptor, so that what gets the signal is what is looked at.
            let held = OwnedDescriptor(pk_pidfd_open(member.id))
            guard held.rawValue >= 0 else {
                if held.rawValue != -ESRCH { _ = kill(member.id, signal) }
                continue
            }
            guard ProcessRow(member.id)?.startTime == member.startTime else { continue }
            _ = pk_pidfd_send_signal(held.rawValue, signal)
        }
    }

    /// Whether a member lives that is no zombie. True where /proc does not tell.
    var hasLivingMembers: Bool {
        guard let rows = ProcessRow.all() else { return true }
        return members(of: rows).contains { !$0.isDead }
    }

    private func members() -> [ProcessRow] { ProcessRow.all().map { members(of: $0) } ?? [] }

    private func members(of rows: [ProcessRow]) -> [ProcessRow] {
        var members = Set<pid_t>([leader])
        for row in rows where row.group == leader || row.session == leader || isMarked(row) { members.insert(row.id) }
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for row in rows where members.contains(row.parent) && members.insert(row.id).inserted { isGrowing = true }
        }
        return rows.filter { members.contains($0.id) }
    }

    private func isMarked(_ row: ProcessRow) -> Bool {
        guard let mark, !row.isDead else { return false }
        let file = OwnedDescriptor(open("/proc/\(row.id)/environ", O_RDONLY | O_CLOEXEC))
        guard file.rawValue >= 0 else { return false }
        var bytes: [UInt8] = []
        while bytes.count < Self.maximumEnvironmentBytes, case .bytes(let more) = file.read(atMost: 1 << 16) {
            bytes += more
        }
        return bytes.split(separator: 0).contains { $0.elementsEqual(mark) }
    }
}
