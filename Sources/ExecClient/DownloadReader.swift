import ExecAPI
import FoundationEssentials
import SandboxCore

/// Reads the body of a download's response: bytes in order and without gaps, then the one result that agrees with
/// them. Anything else is an error, never a shorter file.
struct DownloadReader {
    private var decoder = RunFrameDecoder()
    private var received: Int64
    /// Set once all has arrived.
    private(set) var result: TransferResult?

    init(from offset: Int64) {
        received = offset
    }

    mutating func append(_ bytes: [UInt8]) {
        guard result == nil else { return }
        decoder.append(bytes)
    }

    /// The next piece and the number of bytes before it; nil until more bytes are appended.
    mutating func next() throws(SandboxError) -> (Int64, [UInt8])? {
        while result == nil, let frame = try nextFrame() {
            switch frame {
            case .stdout(let offset, let bytes):
                guard UInt64(exactly: received) == offset else {
                    throw .backendUnavailable(
                        "a part of the download was lost: bytes from \(offset) follow \(received)")
                }
                defer { received &+= Int64(bytes.count) }
                return (received, bytes)
            case .outcome(let json): result = try finish(json)
            case .stderr, .keepAlive: continue
            }
        }
        return nil
    }

    private mutating func nextFrame() throws(SandboxError) -> RunFrame? {
        do {
            return try decoder.next()
        } catch {
            throw .backendUnavailable("the exec server's stream is damaged: \(error)")
        }
    }

    private func finish(_ json: [UInt8]) throws(SandboxError) -> TransferResult {
        let body = try? JSONDecoder().decode(DownloadEndBody.self, from: Data(json))
        if let error = body?.error { throw SandboxError(execDetail: error, status: 500, changes: false) }
        guard let result = body?.result else {
            throw .backendUnavailable("the exec server ended a download in a way that this version does not understand")
        }
        guard result.size == received else {
            throw .backendUnavailable("a part of the download was lost: \(received) of \(result.size) bytes arrived")
        }
        return TransferResult(size: result.size, sha256: result.sha256)
    }
}
