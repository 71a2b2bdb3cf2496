/// What a session's sandbox uses, at most a few seconds ago.
package struct SessionUsage: Codable, Hashable, Sendable {
    /// Processor time of all its processes since the sandbox was started.
    package var cpuSeconds: Double
    package var memoryBytes: Int64
    /// Null without a limit of its own.
    @ExplicitNull package var memoryLimit: Int64?
    package var processes: Int
    /// Of the regular files below `work_dir`, counted once a minute at most; null where that takes too long.
    @ExplicitNull package var diskBytes: Int64?
    /// When this was so.
    package var at: Timestamp

    package enum CodingKeys: String, CodingKey {
        case cpuSeconds = "cpu_seconds"
        case memoryBytes = "memory_bytes"
        case memoryLimit = "memory_limit"
        case processes
        case diskBytes = "disk_bytes"
        case at
    }

    package init(
        cpuSeconds: Double, memoryBytes: Int64, memoryLimit: Int64?, processes: Int, diskBytes: Int64?, at: Timestamp
    ) {
        self.cpuSeconds = cpuSeconds
        self.memoryBytes = memoryBytes
        self.memoryLimit = memoryLimit
        self.processes = processes
        self.diskBytes = diskBytes
        self.at = at
    }
}
