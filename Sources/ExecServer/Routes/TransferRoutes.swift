import ExecAPI
import FoundationEssentials
import NIOHTTP1
import ProcessSupervisor
import SandboxCore

/// Files and directories of any size, piece by piece.
struct TransferRoutes: Sendable {
    private static let chunkBytes = 256 << 10

    let work: FileWork
    let uploads: UploadRegistry

    func begin(_ request: inout ExecRequest) async throws -> ExecResponse {
        let uploads = uploads
        return try await work.perform(&request, as: UploadBody.self, within: ServerLimits.fileTime) { files, body, _ in
            let id = try uploads.add {
                try Upload(
                    UploadRequest(
                        path: try SandboxPath(bytes: body.path.bytes), format: try Self.format(body.format),
                        mode: body.mode, size: body.size, sha256: body.sha256),
                    files)
            }
            return try .json(UploadResult(uploadID: id))
        }
    }

    /// A piece counts only when all of it has come.
    func append(_ request: inout ExecRequest) async throws -> ExecResponse {
        let headers = request.head.headers
        guard let id = headers.first(name: ExecHeader.upload) else {
            throw ExecFailure.invalid("the header \(ExecHeader.upload) must name the upload")
        }
        let offset = try headers.first(name: ExecHeader.offset).map { text throws(ExecFailure) in
            guard let offset = Int64(text), offset >= 0 else {
                throw .invalid("the header \(ExecHeader.offset) must be a number of bytes")
            }
            return offset
        }
        let upload = try uploads.find(id)
        let bytes = try await request.body(limit: FileLimits.maximumUploadChunkBytes)
        return try .json(ReceivedResult(received: try await work.run { try upload.append(bytes, offset: offset) }))
    }

    func commit(_ request: inout ExecRequest) async throws -> ExecResponse {
        let uploads = uploads
        return try await work.perform(&request, as: UploadIDBody.self, within: ServerLimits.fileTime) { _, body, _ in
            let upload = try uploads.find(body.uploadID)
            defer { _ = uploads.remove(body.uploadID) }
            let result = try upload.commit()
            return try .json(TransferResultBody(size: result.size, sha256: result.sha256))
        }
    }

    func drop(_ request: inout ExecRequest) async throws -> ExecResponse {
        let uploads = uploads
        return try await work.perform(&request, as: UploadIDBody.self, within: ServerLimits.fileTime) { _, body, _ in
            uploads.remove(body.uploadID)?.discard()
            return .empty
        }
    }

    /// Answers by itself once the file or directory is open.
    func download(_ request: inout ExecRequest, _ writer: ResponseWriter) async throws {
        let bytes = try await request.body(limit: ExecLimits.maximumJSONBytes)
        let body = try JSONBody.decode(DownloadBody.self, from: bytes)
        let format = try Self.format(body.format)
        let path = try SandboxPath(bytes: body.path.bytes)
        let files = work.files
        let source: any DownloadSource = try await work.run {
            switch format {
            case .file: return try FileDownload(path, from: body.offset, files)
            case .tar:
                guard body.offset == 0 else { throw SandboxError.invalid("a tar stream starts at 0: it is made anew") }
                return try ArchiveDownload(path, files)
            }
        }
        let stream = RunStream(writer, stallTime: ServerLimits.stallTime)
        do {
            try await stream.start()
            var end = DownloadEndBody()
            do {
                while let (offset, piece) = try await work.run({ try source.next(Self.chunkBytes) }) {
                    try await stream.write(.stdout, offset: offset, piece)
                }
                let result = try await work.run { try source.finish() }
                end.result = TransferResultBody(size: result.size, sha256: result.sha256)
            } catch let error as SandboxError {
                end.error = ExecFailure(error).detail
            }
            try await stream.finish(json: Array(try JSONEncoder().encode(end)))
        } catch {
            throw BrokenConnection()
        }
    }

    private static func format(_ text: String) throws(SandboxError) -> TransferFormat {
        guard let format = TransferFormat(rawValue: text) else {
            throw .invalid("a transfer's format is 'file' or 'tar', not '\(text)'")
        }
        return format
    }
}
