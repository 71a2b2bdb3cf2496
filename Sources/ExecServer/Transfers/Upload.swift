import SandboxCore
import Synchronization

/// Where an upload's bytes go. Nothing is to be seen of them before `finish`, and nothing is left of them after an error.
protocol UploadSink: Sendable {
    func append(_ bytes: [UInt8]) throws(SandboxError)
    /// Puts everything in its place. Works once.
    func finish() throws(SandboxError)
    /// Nothing after `finish`.
    func discard()
}

/// One upload: bytes on their way to where nobody sees them before the commit.
final class Upload: Sendable {
    private struct State {
        var hasher = SHA256Hasher()
        var received: Int64 = 0
        var lastUse = ContinuousClock.now
        var isOver = false
    }

    private let request: UploadRequest
    private let sink: any UploadSink
    private let state = Mutex(State())

    /// Throws as `FileOperations.beginWrite` and `ArchiveUpload` do, and `invalid` for a size or checksum that cannot be one.
    init(_ request: UploadRequest, _ files: FileOperations) throws(SandboxError) {
        guard request.size.map({ $0 >= 0 }) ?? true else { throw .invalid("size must not be negative") }
        if let digest = request.sha256 {
            guard digest.utf8.count == SHA256.digestBytes * 2, digest.utf8.allSatisfy(Self.isHexadecimal) else {
                throw .invalid("sha256 must be 64 hexadecimal digits")
            }
        }
        self.request = request
        switch request.format {
        case .file: sink = try files.beginWrite(request.path, mode: request.mode)
        case .tar: sink = try ArchiveUpload(request.path, files)
        }
    }

    var idleTime: Duration { state.withLock { .now - $0.lastUse } }

    /// Adds what is not there yet and returns the bytes received so far. Under the lock: pieces come one by one.
    func append(_ bytes: [UInt8], offset: Int64?) throws(SandboxError) -> Int64 {
        try state.withLock { state throws(SandboxError) in
            guard !state.isOver else { throw Self.ended }
            state.lastUse = .now
            let start = offset ?? state.received
            guard start >= 0, start <= state.received else {
                throw SandboxError(.conflict, "bytes are missing: \(state.received) were received so far")
            }
            let rest = Array(bytes.dropFirst(Int(clamping: state.received - start)))
            if let size = request.size, state.received + Int64(rest.count) > size {
                throw .invalid("the upload is longer than the \(size) bytes that it was to have")
            }
            do throws(SandboxError) {
                try sink.append(rest)
            } catch {
                state.isOver = true
                throw error
            }
            state.hasher.update(rest)
            state.received += Int64(rest.count)
            return state.received
        }
    }

    /// Works once: whatever comes of it, the upload is over.
    func commit() throws(SandboxError) -> TransferResult {
        try state.withLock { state throws(SandboxError) in
            guard !state.isOver else { throw Self.ended }
            state.isOver = true
            let digest = SHA256.hex(digest: state.hasher.finalize())
            state.hasher = SHA256Hasher()
            do {
                if let size = request.size, size != state.received {
                    throw SandboxError.invalid("\(state.received) of \(size) bytes were uploaded: nothing was changed")
                }
                if let wanted = request.sha256, wanted.lowercased() != digest {
                    throw SandboxError.invalid(
                        "the SHA-256 of the uploaded bytes is \(digest), not \(wanted.lowercased()): nothing was changed"
                    )
                }
                try sink.finish()
            } catch {
                sink.discard()
                throw SandboxError(wrapping: error)
            }
            return TransferResult(size: state.received, sha256: digest)
        }
    }

    func discard() {
        state.withLock { $0.isOver = true }
        sink.discard()
    }

    private static let ended = SandboxError(.conflict, "this upload has ended already: begin a new one")

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
