import ExecAPI
import Glibc

/// Reads what this sandbox uses.
///
/// A container's own cgroup is mounted at `/sys/fs/cgroup` (cgroups(7)): version 2 as one tree, version 1 as a tree for
/// each controller. Where neither is (a bubblewrap sandbox), what the process table shows is summed up: it holds this
/// sandbox's processes and no others.
struct UsageProbe: Sendable {
    private let cgroup: String
    private let proc: String

    init(cgroup: String = "/sys/fs/cgroup", proc: String = "/proc") {
        self.cgroup = cgroup
        self.proc = proc
    }

    func read() -> UsageResult {
        version2() ?? version1() ?? processTable()
    }

    // MARK: cgroups

    private func version2() -> UsageResult? {
        // The root of the whole host has no memory.current: it is nobody's sandbox.
        guard let memory = number("memory.current"), let cpu = field("usage_usec", of: "cpu.stat"),
            let processes = number("pids.current")
        else { return nil }
        return UsageResult(
            cpuSeconds: Double(cpu) / 1e6,
            memoryBytes: max(0, memory - (field("inactive_file", of: "memory.stat") ?? 0)),
            memoryLimit: number("memory.max"), processes: Int(processes), diskBytes: nil)
    }

    private func version1() -> UsageResult? {
        guard let memory = number("memory/memory.usage_in_bytes"), let cpu = number("cpuacct/cpuacct.usage"),
            let processes = number("pids/pids.current")
        else { return nil }
        let cache = field("total_inactive_file", of: "memory/memory.stat") ?? 0
        // No limit is written as the largest multiple of a page.
        let limit = number("memory/memory.limit_in_bytes").flatMap { $0 < 1 << 60 ? $0 : nil }
        return UsageResult(
            cpuSeconds: Double(cpu) / 1e9, memoryBytes: max(0, memory - cache), memoryLimit: limit,
            processes: Int(processes), diskBytes: nil)
    }

    /// Nil for a file that is not there, and for `max`.
    private func number(_ name: String) -> Int64? {
        text("\(cgroup)/\(name)").flatMap { Int64($0.prefix { $0 != "\n" }) }
    }

    private func field(_ name: String, of file: String) -> Int64? {
        let line = text("\(cgroup)/\(file)")?.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Int64($0.dropFirst(name.utf8.count + 1)) }
    }

    // MARK: The process table

    private func processTable() -> UsageResult {
        var result = UsageResult(cpuSeconds: 0, memoryBytes: 0, memoryLimit: nil, processes: 0, diskBytes: nil)
        guard let directory = opendir(proc) else { return result }
        defer { closedir(directory) }
        let (tick, page) = (Double(sysconf(Int32(_SC_CLK_TCK))), Int64(sysconf(Int32(_SC_PAGESIZE))))
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            // Behind the name in parentheses, which may hold anything (proc(5), /proc/PID/stat): from field 3 on.
            guard name.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let stat = text("\(proc)/\(name)/stat"),
                let end = stat.lastIndex(of: ")")
            else { continue }
            let fields = stat[end...].split(separator: " ").dropFirst()
            func value(_ number: Int) -> Int64 {
                let index = fields.startIndex + number - 3
                return index < fields.endIndex ? Int64(fields[index]) ?? 0 : 0
            }
            // Of this process and its children that have ended and were waited for.
            result.cpuSeconds += Double((14...17).reduce(0) { $0 + value($1) }) / tick
            result.memoryBytes += value(24) * page
            result.processes += 1
        }
        return result
    }

    private func text(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = Glibc.read(file, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
