import CPodkeeper
import Glibc
import SandboxCore

extension Bubblewrap {
    private static let probeLimit = Duration.seconds(10)
    private static let maximumComplaint = 500

    /// Makes a sandbox that runs `true`. Nil when that works, else what bwrap had to say.
    func probe() async throws(SandboxError) -> String? {
        let file = try Self.argumentFile(bareArguments(hostname: "probe") + ["--remount-ro", "/"])
        let output = try Descriptor(pk_memfd("podkeeper-bwrap-probe"), "memfd_create")
        let request = SpawnRequest(
            executable: executable, arguments: ["--args", "\(SpawnRequest.firstPassed)", "--", "true"],
            environment: [], output: output.raw, passing: [file.raw])
        let identity = try request.spawn()
        guard let process = try WatchedProcess(identity, isChild: true) else { return "it ended too early" }
        guard let exit = await process.waitForExit(Self.probeLimit) else {
            process.signal(SIGKILL)
            return "it did not end within \(Self.probeLimit)"
        }
        if exit == .exited(0) { return nil }
        lseek(output.raw, 0, SEEK_SET)
        let complaint = String(decoding: try output.read(limit: Self.maximumComplaint), as: UTF8.self)
        return "\(exit): \(complaint.split(separator: "\n").joined(separator: "; "))"
    }
}
