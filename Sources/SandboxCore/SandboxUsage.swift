/// What a sandbox uses at one moment.
package struct SandboxUsage: Hashable, Sendable {
    /// Processor time of all its processes since it was started.
    package var cpuSeconds: Double
    /// Memory that cannot be taken back at once; file caches are left out where the kernel tells.
    package var memoryBytes: Int64
    /// Nil without a limit of its own.
    package var memoryLimit: Int64?
    package var processes: Int
    /// Of the regular files below its working directory; nil where counting them would take too long.
    package var diskBytes: Int64?

    package init(
        cpuSeconds: Double, memoryBytes: Int64, memoryLimit: Int64?, processes: Int, diskBytes: Int64?
    ) {
        self.cpuSeconds = cpuSeconds
        self.memoryBytes = memoryBytes
        self.memoryLimit = memoryLimit
        self.processes = processes
        self.diskBytes = diskBytes
    }
}
