import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Synchronization

/// What a stream has brought.
final class StreamedOutput: Sendable {
    private let state = Mutex((stdout: [UInt8](), stderr: [UInt8](), base64Pieces: 0))

    var stdout: [UInt8] { state.withLock(\.stdout) }
    var stderr: [UInt8] { state.withLock(\.stderr) }
    /// Pieces that were no text.
    var base64Pieces: Int { state.withLock(\.base64Pieces) }

    func add(_ output: RunOutput) {
        let bytes = LossyText.join(text: output.data ?? "", base64: output.dataBase64)
        state.withLock { state in
            if output.dataBase64 != nil { state.base64Pieces += 1 }
            if output.stream == "stdout" { state.stdout += bytes } else { state.stderr += bytes }
        }
    }
}

extension TestSession {
    func start(_ argv: [String], runID: String? = nil, stdin: String? = nil, timeout: Double? = nil) async throws
        -> String
    {
        try await client.call(
            SandboxStart.self, .init(sessionID: id, argv: argv, runID: runID, stdin: stdin, timeout: timeout)
        ).runID
    }

    func runs() async throws -> [SandboxListRuns.Run] {
        try await client.call(SandboxListRuns.self, .init(sessionID: id)).runs
    }

    func attach(_ runID: String, from offset: Int = 0, into output: StreamedOutput) async throws -> RunResult {
        try await stream(into: { output.add($0) }) {
            try await client.call(
                SandboxAttach.self, .init(sessionID: id, runID: runID, stdoutOffset: offset))
        }
    }

    /// Runs a call that streams; `take` is told every piece in order, all of them before this returns.
    func stream<R: Sendable>(
        into take: @escaping @Sendable (RunOutput) throws -> Void, _ call: @escaping @Sendable () async throws -> R
    ) async throws -> R {
        let notifications = client.notifications()
        return try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask {
                for await notification in notifications where notification.method == RunOutput.name {
                    try take(try notification.decode(RunOutput.self))
                }
                return nil
            }
            group.addTask { try await call() }
            var result: R?
            for try await part in group {
                guard let part else { continue }
                result = part
                group.cancelAll()
            }
            guard let result else { throw CancellationError() }
            return result
        }
    }

    func stat(_ path: String, follow: Bool? = nil) async throws -> SandboxStat.Result {
        try await client.call(SandboxStat.self, .init(sessionID: id, path: path, followSymlinks: follow))
    }

    /// Sends bytes in pieces of a megabyte.
    func upload(
        _ path: String, _ bytes: [UInt8], format: FileStreamFormat? = nil, mode: FileMode? = nil, sha256: String? = nil
    ) async throws -> SandboxUploadCommit.Result {
        let upload = try await client.call(
            SandboxUpload.self,
            .init(
                sessionID: id, path: path, format: format, mode: mode, size: Int64(bytes.count), sha256: sha256))
        var offset = 0
        while offset < bytes.count {
            let piece = bytes[offset..<min(offset + 1_048_576, bytes.count)]
            offset += piece.count
            let result = try await client.call(
                SandboxUploadChunk.self,
                .init(uploadID: upload.uploadID, dataBase64: Data(piece).base64EncodedString()))
            guard result.received == offset else { throw Command.Failure(description: "\(result) at \(offset)") }
        }
        return try await client.call(SandboxUploadCommit.self, .init(uploadID: upload.uploadID))
    }

    func download(_ path: String, format: FileStreamFormat? = nil, offset: Int64? = nil) async throws
        -> (bytes: [UInt8], result: SandboxDownload.Result)
    {
        let notifications = client.notifications()
        let bytes = Shared([UInt8]())
        return try await withThrowingTaskGroup(of: SandboxDownload.Result?.self) { group in
            group.addTask {
                for await notification in notifications where notification.method == FileData.name {
                    let piece = try notification.decode(FileData.self)
                    bytes.change { $0 += Array(Data(base64Encoded: piece.dataBase64) ?? Data()) }
                }
                return nil
            }
            group.addTask {
                try await client.call(
                    SandboxDownload.self, .init(sessionID: id, path: path, format: format, offset: offset))
            }
            var result: SandboxDownload.Result?
            for try await part in group {
                guard let part else { continue }
                result = part
                group.cancelAll()
            }
            guard let result else { throw CancellationError() }
            return (bytes.value, result)
        }
    }
}
