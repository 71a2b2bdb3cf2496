import ExecAPI
import SandboxCore
import Synchronization

/// `ExecRoute.usage`. Counting files takes long and says little news: it is done once a minute at most.
final class UsageRoute: Sendable {
    private static let diskAge = Duration.seconds(60)
    private static let diskTime = Duration.seconds(2)

    private let work: FileWork
    private let disk = Mutex<(bytes: Int64?, at: ContinuousClock.Instant)?>(nil)

    init(work: FileWork) { self.work = work }

    func usage() async throws -> ExecResponse {
        let files = work.files
        return try await work.run { [self] in
            var result = UsageProbe().read()
            result.diskBytes = diskBytes(files)
            return try .json(result)
        }
    }

    /// Of callers that come at once the others wait for the first one's count.
    private func diskBytes(_ files: FileOperations) -> Int64? {
        disk.withLock { disk in
            if let disk, disk.at.duration(to: .now) < Self.diskAge { return disk.bytes }
            let watch = OperationWatch(deadline: .now + Self.diskTime, isCancelled: { false })
            let bytes = try? files.regularFileBytes(watch: watch)
            disk = (bytes, .now)
            return bytes
        }
    }
}
