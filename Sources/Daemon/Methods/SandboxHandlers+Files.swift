import ControlAPI
import ControlServer
import Foundation
import SandboxCore

extension SandboxHandlers {
    func read(_ params: SandboxRead.Params, _ call: ControlCall) async throws(SandboxError) -> SandboxRead.Result {
        let path = try Parameters.path(params.path, params.pathBase64)
        let offset = try Parameters.integer(params.offset, named: "offset", in: 0...Int(Int32.max), default: 0)
        let limit = try Parameters.integer(
            params.limit, named: "limit", in: 0...Int(Int32.max), default: ReadFormatting.defaultLimit)
        return try await inSandbox(params.sessionID, SandboxRead.name, call) { sandbox throws(SandboxError) in
            let slice = try await sandbox.readLines(path, offset: offset, limit: limit)
            return SandboxRead.Result(content: try ReadFormatting.text(of: slice, offset: offset, limit: limit))
        }
    }

    func readBytes(
        _ params: SandboxReadBytes.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SandboxReadBytes.Result {
        let path = try Parameters.path(params.path, params.pathBase64)
        let offset = params.offset ?? 0
        guard offset >= 0 else { throw .invalid("offset must not be negative") }
        let most = min(FileLimits.maximumReadBytes, maximumMessageContent)
        let length = try Parameters.integer(params.length, named: "length", in: 0...most, default: most)
        return try await inSandbox(params.sessionID, SandboxReadBytes.name, call) { sandbox throws(SandboxError) in
            let slice = try await sandbox.readBytes(path, offset: offset, length: length)
            return SandboxReadBytes.Result(
                contentBase64: Data(slice.bytes).base64EncodedString(), size: slice.size, isAtEnd: slice.isAtEnd)
        }
    }

    func write(_ params: SandboxWrite.Params, _ call: ControlCall) async throws(SandboxError) -> SandboxWrite.Result {
        let path = try Parameters.path(params.path, params.pathBase64)
        guard let contents = try Parameters.content(params.content, params.contentBase64, named: "content") else {
            throw .invalid("content or content_b64 is missing")
        }
        return try await inSandbox(params.sessionID, SandboxWrite.name, call) { sandbox throws(SandboxError) in
            let size = try await sandbox.write(path, contents: contents, mode: params.mode?.bits)
            return SandboxWrite.Result(path: path.description, size: size)
        }
    }

    func edit(_ params: SandboxEdit.Params, _ call: ControlCall) async throws(SandboxError) -> SandboxEdit.Result {
        let path = try Parameters.path(params.path, params.pathBase64)
        return try await inSandbox(params.sessionID, SandboxEdit.name, call) { sandbox throws(SandboxError) in
            let count = try await sandbox.edit(
                path, replacing: Array(params.oldString.utf8), with: Array(params.newString.utf8),
                replacesAll: params.replaceAll ?? false)
            return SandboxEdit.Result(path: path.description, occurrences: count)
        }
    }

    func exists(_ params: SandboxExists.Params, _ call: ControlCall) async throws(SandboxError) -> SandboxExists.Result
    {
        let path = try Parameters.path(params.path, params.pathBase64)
        return try await inSandbox(params.sessionID, SandboxExists.name, call) { sandbox throws(SandboxError) in
            SandboxExists.Result(exists: try await sandbox.exists(path))
        }
    }
}
