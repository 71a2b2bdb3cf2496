import ExecAPI
import HTTPTransport
package import SandboxCore

extension ExecSandbox {
    /// Hashing and moving what was uploaded; a tar stream has many files.
    private static let commitTimeout = Duration.seconds(120)

    package func beginUpload(_ request: UploadRequest) async throws(SandboxError) -> String {
        let body = UploadBody(
            path: Base64Bytes(request.path.bytes), format: request.format.rawValue, mode: request.mode,
            size: request.size, sha256: request.sha256)
        return try await connection.call(
            .upload, body, as: UploadResult.self, timeout: ExecConnection.fileTimeout, changes: true
        ).uploadID
    }

    package func appendUpload(_ id: String, _ bytes: [UInt8], offset: Int64?) async throws(SandboxError) -> Int64 {
        guard bytes.count <= FileLimits.maximumUploadChunkBytes else {
            throw SandboxError(
                .tooLarge(limit: FileLimits.maximumUploadChunkBytes),
                "\(bytes.count) bytes are more than one piece of an upload may have: send it in smaller pieces")
        }
        var request = connection.request(.uploadChunk, timeout: ExecConnection.fileTimeout)
        request.headers["Content-Type"] = "application/octet-stream"
        request.headers[ExecHeader.upload] = id
        if let offset { request.headers[ExecHeader.offset] = String(offset) }
        request.body = bytes
        let response = try await connection.send(request, changes: true)
        return try connection.decode(ReceivedResult.self, from: response).received
    }

    package func commitUpload(_ id: String) async throws(SandboxError) -> TransferResult {
        let result = try await connection.call(
            .uploadCommit, UploadIDBody(uploadID: id), as: TransferResultBody.self, timeout: Self.commitTimeout,
            changes: true)
        return TransferResult(size: result.size, sha256: result.sha256)
    }

    package func dropUpload(_ id: String) async throws(SandboxError) {
        _ = try await connection.call(
            .uploadDrop, UploadIDBody(uploadID: id), as: EmptyResult.self, timeout: ExecConnection.fileTimeout)
    }

    package func download(
        _ request: DownloadRequest, onChunk: @Sendable (Int64, [UInt8]) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> TransferResult {
        let body = DownloadBody(
            path: Base64Bytes(request.path.bytes), format: request.format.rawValue, offset: request.offset)
        var call = try connection.request(.download, json: body, timeout: nil)
        call.idleTimeout = silenceLimit
        var reader = DownloadReader(from: request.offset)
        var status = 200
        var refusal: [UInt8] = []
        do {
            _ = try await connection.stream(call) { head in
                status = head.status
            } onChunk: { bytes in
                guard status == 200 else {
                    refusal += bytes.prefix(Self.maximumErrorBytes &- refusal.count)
                    return
                }
                reader.append(bytes)
                while let (offset, bytes) = try reader.next() { try await onChunk(offset, bytes) }
            }
        } catch {
            if let result = reader.result { return result }
            if status == 200 {
                guard let error = error as? HTTPError else { throw SandboxError(wrapping: error) }
                throw SandboxError(exec: error, changes: false, limit: Self.maximumErrorBytes)
            }
        }
        guard status == 200 else { throw SandboxError(execStatus: status, body: refusal, changes: false) }
        guard let result = reader.result else {
            throw .backendUnavailable("the exec server ended a download before all of it was sent")
        }
        return result
    }

    private static let maximumErrorBytes = 1 << 16
}
