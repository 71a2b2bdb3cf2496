import ExecAPI
import NIOHTTP1
import SandboxCore
import Synchronization

/// The uploads that are under way.
final class UploadRegistry: Sendable {
    private let state = Mutex<[String: Upload]>([:])

    /// Throws `overloaded` where there are too many.
    func add(_ make: () throws -> Upload) throws -> String {
        guard state.withLock({ $0.count < ServerLimits.maximumUploads }) else {
            throw ExecFailure.overloaded("\(ServerLimits.maximumUploads) uploads are under way already")
        }
        let upload = try make()
        // 128 random bits: nobody guesses another's.
        let id =
            String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
        state.withLock { $0[id] = upload }
        return id
    }

    /// Throws `conflict` for one that is not there (any more).
    func find(_ id: String) throws(ExecFailure) -> Upload {
        guard let upload = state.withLock({ $0[id] }) else {
            throw ExecFailure(
                .conflict, .conflict, "there is no upload '\(id)': it was committed, dropped or left alone for too long"
            )
        }
        return upload
    }

    func remove(_ id: String) -> Upload? {
        state.withLock { $0.removeValue(forKey: id) }
    }

    /// Drops what is idle, now and then, until cancelled; then everything.
    func run() async {
        let limit = Duration.seconds(FileLimits.uploadIdleSeconds)
        while true {
            do { try await Task.sleep(for: limit / 10) } catch { break }
            drop { $0.idleTime > limit }
        }
        drop { _ in true }
    }

    private func drop(where isDue: (Upload) -> Bool) {
        let due = state.withLock { uploads in
            let due = uploads.filter { isDue($0.value) }
            for id in due.keys { uploads[id] = nil }
            return due
        }
        for upload in due.values { upload.discard() }
    }
}
