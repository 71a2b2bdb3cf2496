import Synchronization

/// What has come of an archive.
final class ArchiveProgress: Sendable {
    private let state = Mutex((hasher: SHA256Hasher(), count: Int64(0)))

    /// The bytes before these.
    func add(_ bytes: [UInt8]) -> Int64 {
        state.withLock { state in
            state.hasher.update(bytes)
            defer { state.count += Int64(bytes.count) }
            return state.count
        }
    }

    var result: TransferResult {
        let (hasher, count) = state.withLock { $0 }
        return TransferResult(size: count, sha256: SHA256.hex(digest: hasher.finalize()))
    }
}
