/// The answer of `ExecRoute.usage`: what the sandbox uses, by its cgroup or, without one of its own, by its processes.
package struct UsageResult: Hashable, Sendable, Codable {
    package var cpuSeconds: Double
    package var memoryBytes: Int64
    package var memoryLimit: Int64?
    package var processes: Int
    package var diskBytes: Int64?

    private enum CodingKeys: String, CodingKey {
        case cpuSeconds = "cpu_seconds"
        case memoryBytes = "memory_bytes"
        case memoryLimit = "memory_limit"
        case processes
        case diskBytes = "disk_bytes"
    }

    package init(cpuSeconds: Double, memoryBytes: Int64, memoryLimit: Int64?, processes: Int, diskBytes: Int64?) {
        self.cpuSeconds = cpuSeconds
        self.memoryBytes = memoryBytes
        self.memoryLimit = memoryLimit
        self.processes = processes
        self.diskBytes = diskBytes
    }
}
