import ControlAPI
import ControlServer
import Foundation
import JSONRPC
import SandboxCore
import SessionManager

extension SandboxHandlers {
    func upload(_ params: SandboxUpload.Params, _ call: ControlCall) async throws -> SandboxUpload.Result {
        let path = try Parameters.path(params.path, params.pathBase64)
        if let size = params.size, size < 0 { throw SandboxError.invalid("size must not be negative") }
        let format = try Self.format(params.format)
        guard format == .file || params.mode == nil else {
            throw SandboxError.invalid("mode is for format file: a tar has its own")
        }
        let request = UploadRequest(
            path: path, format: format, mode: params.mode?.bits, size: params.size,
            sha256: try Self.digest(params.sha256))
        let id = try SessionID(params.sessionID)
        let upload = Upload(sessionID: params.sessionID, request: request, uid: call.peer.uid)
        let uploadID = uploads.add(upload)
        let task: ConnectionTask
        do {
            task = try call.startTask { [sessions, uploads, uid = call.peer.uid] in
                await Self.hold(upload, in: id, for: uid, sessions)
                uploads.remove(uploadID)
            }
        } catch {
            uploads.remove(uploadID)
            throw error
        }
        do throws(SandboxError) {
            try await upload.begun()
        } catch {
            task.cancel()
            throw error
        }
        return SandboxUpload.Result(uploadID: uploadID)
    }

    func uploadChunk(
        _ params: SandboxUploadChunk.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SandboxUploadChunk.Result {
        guard let data = try Parameters.content(nil, params.dataBase64, named: "data") else {
            throw .invalid("data_b64 is missing")
        }
        let upload = try find(params.uploadID, call)
        return try await inSandbox(upload.sessionID, SandboxUploadChunk.name, call) { sandbox throws(SandboxError) in
            SandboxUploadChunk.Result(received: try await upload.append(data, in: sandbox))
        }
    }

    func uploadCommit(
        _ params: SandboxUploadCommit.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SandboxUploadCommit.Result {
        let upload = try find(params.uploadID, call)
        return try await inSandbox(upload.sessionID, SandboxUploadCommit.name, call) { sandbox throws(SandboxError) in
            let result = try await upload.commit(in: sandbox)
            return SandboxUploadCommit.Result(
                path: upload.request.path.description, size: result.size, sha256: result.sha256)
        }
    }

    private func find(_ uploadID: String, _ call: ControlCall) throws(SandboxError) -> Upload {
        let upload = try uploads.find(uploadID, uid: call.peer.uid)
        call.subject = upload.sessionID
        return upload
    }

    func download(
        _ params: SandboxDownload.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SandboxDownload.Result {
        let path = try Parameters.path(params.path, params.pathBase64)
        let format = try Self.format(params.format)
        let offset = params.offset ?? 0
        guard offset >= 0 else { throw .invalid("offset must not be negative") }
        guard format == .file || offset == 0 else { throw .invalid("offset is for format file: a tar starts at 0") }
        let request = DownloadRequest(path: path, format: format, offset: offset)
        return try await inSandbox(params.sessionID, SandboxDownload.name, call) { sandbox throws(SandboxError) in
            let result = try await sandbox.download(request) {
                (offset: Int64, bytes: [UInt8]) async throws(SandboxError) in
                try await Self.send(bytes, at: offset, to: call)
            }
            return SandboxDownload.Result(size: result.size, sha256: result.sha256)
        }
    }

    /// A lease on the session until the upload is over.
    private static func hold(
        _ upload: Upload, in id: SessionID, for uid: UInt32, _ sessions: SessionManager
    ) async {
        do throws(SandboxError) {
            try await sessions.withSandbox(id, LeasePurpose(SandboxUpload.name, ownerUID: uid)) {
                try await upload.run(in: $0)
            }
        } catch {
            upload.fail(error)
        }
    }

    private static func send(_ bytes: [UInt8], at offset: Int64, to call: ControlCall) async throws(SandboxError) {
        let piece = FileData(
            requestID: call.requestID ?? .null, offset: offset, dataBase64: Data(bytes).base64EncodedString())
        do {
            try await call.notify(FileData.name, piece)
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    private static func format(_ format: FileStreamFormat?) throws(SandboxError) -> TransferFormat {
        switch format {
        case nil, .file: .file
        case .tar: .tar
        }
    }

    private static func digest(_ text: String?) throws(SandboxError) -> String? {
        guard let text else { return nil }
        guard text.utf8.count == 64,
            text.utf8.allSatisfy({
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                    || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 | 0x20
            })
        else {
            throw .invalid("sha256 must be 64 hexadecimal digits")
        }
        return text.lowercased()
    }
}
