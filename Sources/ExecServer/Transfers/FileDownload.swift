import Glibc
import SandboxCore
import Synchronization

/// What is sent piece by piece.
protocol DownloadSource: Sendable {
    /// The next piece, of about `count` bytes, and the bytes before it; nil at the end.
    func next(_ count: Int) throws(SandboxError) -> (Int, [UInt8])?
    /// To be called after the last piece. Throws for what was not one and the same from its beginning to its end.
    func finish() throws(SandboxError) -> TransferResult
}

/// A regular file read from one end to the other, with its checksum.
final class FileDownload: DownloadSource {
    private struct State {
        var hasher = SHA256Hasher()
        /// Bytes read so far, those before `offset` included.
        var position: Int64 = 0
    }

    private let path: SandboxPath
    private let offset: Int64
    private let file: Descriptor
    private let before: FileStatus
    private let state = Mutex(State())

    /// Throws `invalid` for an offset behind the end.
    init(_ path: SandboxPath, from offset: Int64, _ files: FileOperations) throws(SandboxError) {
        guard offset >= 0 else { throw .invalid("offset must not be negative") }
        let opened = try files.openRegular(path)
        let status = opened.status
        guard offset <= status.size else {
            throw .invalid("offset \(offset) is past the end of '\(path)' (\(status.size) bytes)")
        }
        self.path = path
        self.offset = offset
        before = status
        file = opened.giveDescriptor()
    }

    /// The next piece and the bytes before it; nil at the end. What is before the offset is only hashed.
    func next(_ count: Int) throws(SandboxError) -> (Int, [UInt8])? {
        try state.withLock { state throws(SandboxError) in
            var buffer = [UInt8](repeating: 0, count: count)
            while true {
                let got = try FileOperations.fill(&buffer, from: file.raw, path)
                if got == 0 { return nil }
                let piece = got == count ? buffer : Array(buffer[..<got])
                state.hasher.update(piece)
                let start = state.position
                state.position += Int64(got)
                if state.position <= offset { continue }
                let skipped = max(0, Int(offset - start))
                return (Int(start) + skipped, skipped == 0 ? piece : Array(piece[skipped...]))
            }
        }
    }

    /// Throws `conflict` for a file that changed while it was read.
    func finish() throws(SandboxError) -> TransferResult {
        let after: FileStatus
        do { after = try FileSystem.status(of: file.raw) } catch { throw error.error(for: path) }
        return try state.withLock { state throws(SandboxError) in
            // A file of /proc has no size of its own.
            let isWhole = before.size == 0 || (state.position == before.size && after.size == before.size)
            guard isWhole, after.modifiedAt == before.modifiedAt else {
                throw SandboxError(.conflict, "'\(path)' was changed while it was read: download it again")
            }
            return TransferResult(size: state.position, sha256: SHA256.hex(digest: state.hasher.finalize()))
        }
    }
}
