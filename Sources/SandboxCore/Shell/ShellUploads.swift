import Synchronization

/// The uploads of one sandbox that are not over. Bounded: the oldest makes room.
final class ShellUploads: Sendable {
    struct Upload: Sendable {
        let request: UploadRequest
        let temporary: [UInt8]
        /// Of a file: what it replaces, symlinks followed. Of an archive: the directory.
        let target: [UInt8]
        var hasher = SHA256Hasher()
        var received: Int64 = 0
    }

    private static let maximum = 256

    private struct State {
        var uploads: [String: Upload] = [:]
        var order: [String] = []
    }

    private let state = Mutex(State())

    /// Gives the oldest, to be dropped, where there were too many.
    func add(_ upload: Upload, id: String) -> Upload? {
        state.withLock { state in
            state.uploads[id] = upload
            state.order.append(id)
            guard state.order.count > Self.maximum else { return nil }
            return state.uploads.removeValue(forKey: state.order.removeFirst())
        }
    }

    func find(_ id: String) throws(SandboxError) -> Upload {
        guard let upload = state.withLock({ $0.uploads[id] }) else { throw Self.unknown }
        return upload
    }

    /// Notes that the sandbox has `bytes` more.
    func advance(_ id: String, by bytes: [UInt8]) throws(SandboxError) -> Int64 {
        let received = state.withLock { state in
            state.uploads[id]?.hasher.update(bytes)
            state.uploads[id]?.received += Int64(bytes.count)
            return state.uploads[id]?.received
        }
        guard let received else { throw Self.unknown }
        return received
    }

    func take(_ id: String) throws(SandboxError) -> Upload {
        let upload = state.withLock { state in
            state.order.removeAll { $0 == id }
            return state.uploads.removeValue(forKey: id)
        }
        guard let upload else { throw Self.unknown }
        return upload
    }

    private static let unknown = SandboxError(.conflict, "this upload is over, or was dropped: begin it anew")
}
