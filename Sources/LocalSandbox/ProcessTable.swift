import CPodkeeper
import Glibc

/// Finds the processes of a sandbox whose `init` is not there to kill them: `init` was killed itself, or the daemon
/// died before it had noted its id.
enum ProcessTable {
    /// What the processes of one sandbox carry. Bubblewrap, `init` and `serve` have the socket's path as an argument;
    /// what they started has the variable, unless it cleared its environment.
    struct Mark: Sendable {
        static let variable = "PODKEEPER_SANDBOX"

        let socket: String
        let uid: String

        fileprivate func isOn(_ pid: Int32) -> Bool {
            Self.parts(of: "/proc/\(pid)/cmdline").contains { $0.elementsEqual(socket.utf8) }
                || Self.parts(of: "/proc/\(pid)/environ").contains { $0.elementsEqual("\(Self.variable)=\(uid)".utf8) }
        }

        private static func parts(of path: String) -> [ArraySlice<UInt8>] {
            (ProcFile.read(path) ?? []).split(separator: 0)
        }
    }

    /// Kills what carries the mark and everything below it, below `root` too, and says how many were still alive.
    /// `root` itself is spared. To be repeated until 0: a process may have made another in the meantime.
    static func kill(_ mark: Mark, below root: Int32? = nil) -> Int {
        let own = getpid()
        let processes = all().filter { !$0.isDead && $0.pid != own }
        var doomed = Set(processes.filter { mark.isOn($0.pid) }.map(\.pid))
        var parents = doomed
        if let root { parents.insert(root) }
        while true {
            let children = processes.filter { parents.contains($0.parent) && !parents.contains($0.pid) }.map(\.pid)
            guard !children.isEmpty else { break }
            parents.formUnion(children)
            doomed.formUnion(children)
        }
        if let root { doomed.remove(root) }
        for status in processes where doomed.contains(status.pid) { kill(status.identity) }
        return doomed.count
    }

    private static func kill(_ identity: ProcessIdentity) {
        guard let handle = try? Descriptor(pk_pidfd_open(identity.pid), "pidfd"), identity.isAlive else { return }
        _ = pk_pidfd_send_signal(handle.raw, SIGKILL)
    }

    /// This user's processes: another user's cannot be ours, whatever their arguments say.
    private static func all() -> [ProcessStatus] {
        let user = geteuid()
        return ((try? DirectoryListing.names("/proc")) ?? []).compactMap(Int32.init).filter { pid in
            var status = stat()
            // The owner of /proc/PID is root for a process that is not dumpable (proc(5)), as execd's are.
            return stat("/proc/\(pid)", &status) == 0 && (status.st_uid == user || effectiveUser(pid) == user)
        }.compactMap(ProcessStatus.init(pid:))
    }

    /// From the line `Uid: real effective saved filesystem` of `/proc/PID/status`.
    private static func effectiveUser(_ pid: Int32) -> uid_t? {
        guard let text = ProcFile.read("/proc/\(pid)/status") else { return nil }
        let line = text.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: "Uid:".utf8) }
        let fields = line?.split(separator: UInt8(ascii: "\t")).map { String(decoding: $0, as: UTF8.self) } ?? []
        return fields.count > 2 ? uid_t(fields[2]) : nil
    }
}
