import ControlAPI
import ControlServer
import Foundation
import SandboxCore

extension SandboxHandlers {
    func stat(_ params: SandboxStat.Params, _ call: ControlCall) async throws(SandboxError) -> SandboxStat.Result {
        let path = try Parameters.path(params.path, params.pathBase64)
        let followsLink = params.followSymlinks ?? true
        return try await inSandbox(params.sessionID, SandboxStat.name, call) { sandbox throws(SandboxError) in
            let info = try await sandbox.stat(path, followsLink: followsLink)
            return SandboxStat.Result(
                path: path.description, kind: .init(rawValue: info.kind.rawValue) ?? .other, size: info.size,
                mode: FileMode(bits: info.mode), modifiedAt: Timestamp(Date(timeIntervalSince1970: info.modifiedAt)),
                uid: info.owner, gid: info.group, target: info.linkTarget)
        }
    }

    func makeDirectory(
        _ params: SandboxMakeDirectory.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SandboxMakeDirectory.Result {
        let path = try Parameters.path(params.path, params.pathBase64)
        return try await inSandbox(params.sessionID, SandboxMakeDirectory.name, call) { sandbox throws(SandboxError) in
            try await sandbox.makeDirectory(path, mode: params.mode?.bits, withParents: params.parents ?? true)
            return SandboxMakeDirectory.Result(path: path.description)
        }
    }

    func remove(_ params: SandboxRemove.Params, _ call: ControlCall) async throws(SandboxError) -> SandboxRemove.Result
    {
        let path = try Parameters.path(params.path, params.pathBase64)
        return try await inSandbox(params.sessionID, SandboxRemove.name, call) { sandbox throws(SandboxError) in
            try await sandbox.remove(path, recursively: params.recursive ?? false)
            return SandboxRemove.Result(path: path.description)
        }
    }

    func move(_ params: SandboxMove.Params, _ call: ControlCall) async throws(SandboxError) -> SandboxMove.Result {
        let path = try Parameters.path(params.path, params.pathBase64)
        guard let to = try Parameters.content(params.to, params.toBase64, named: "to") else {
            throw .invalid("to is missing")
        }
        let target = try SandboxPath(bytes: to)
        return try await inSandbox(params.sessionID, SandboxMove.name, call) { sandbox throws(SandboxError) in
            try await sandbox.move(path, to: target, replaces: params.overwrite ?? false)
            return SandboxMove.Result(path: target.description)
        }
    }

    func changeMode(
        _ params: SandboxChangeMode.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SandboxChangeMode.Result {
        let path = try Parameters.path(params.path, params.pathBase64)
        return try await inSandbox(params.sessionID, SandboxChangeMode.name, call) { sandbox throws(SandboxError) in
            try await sandbox.changeMode(path, to: params.mode.bits)
            return SandboxChangeMode.Result(path: path.description)
        }
    }

    func realpath(
        _ params: PathParams, _ call: ControlCall
    ) async throws(SandboxError) -> SandboxRealpath.Result {
        let path = try Parameters.path(params.path, params.pathBase64)
        return try await inSandbox(params.sessionID, SandboxRealpath.name, call) { sandbox throws(SandboxError) in
            SandboxRealpath.Result(path: try await sandbox.realPath(path))
        }
    }
}
