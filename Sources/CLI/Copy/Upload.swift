import ControlAPI
import ControlClient
import Foundation
import SandboxCore

/// Bytes on their way into a sandbox.
struct Upload {
    /// Bytes of one message.
    private static let pieceBytes = 1 << 20

    let context: CommandContext
    let params: SandboxUpload.Params
    var bar: ProgressBar

    /// Sends everything and puts it in its place once `check` agrees. Nothing is to be seen of it after an error.
    mutating func perform(
        _ next: () async throws -> [UInt8]?, check: () throws -> Void = {}
    ) async throws -> SandboxUploadCommit.Result {
        let uploadID = try await context.client.call(SandboxUpload.self, params).uploadID
        var hasher = SHA256Hasher()
        var piece: [UInt8] = []
        while let bytes = try await next() {
            piece += bytes
            if piece.count >= Self.pieceBytes { try await send(&piece, uploadID, &hasher) }
        }
        if !piece.isEmpty { try await send(&piece, uploadID, &hasher) }
        try check()
        let result = try await context.client.call(SandboxUploadCommit.self, .init(uploadID: uploadID))
        let digest = hasher.finalize().map { String(format: "%02x", $0) }.joined()
        guard result.sha256 == digest else {
            throw CLIError(
                "what arrived at \(result.path) is not what was sent: its SHA-256 is \(result.sha256), not \(digest)",
                hint: "copy it again")
        }
        bar.finish()
        return result
    }

    private mutating func send(_ piece: inout [UInt8], _ uploadID: String, _ hasher: inout SHA256Hasher) async throws {
        hasher.update(piece)
        _ = try await context.client.call(
            SandboxUploadChunk.self, .init(uploadID: uploadID, dataBase64: Data(piece).base64EncodedString()))
        bar.add(piece.count)
        piece.removeAll(keepingCapacity: true)
    }
}
