import ExecAPI
import SandboxCore

/// What there is to do with files besides reading and writing them.
struct FileManagementRoutes: Sendable {
    let work: FileWork

    func stat(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: StatBody.self, within: ServerLimits.fileTime) { files, body, _ in
            let path = try SandboxPath(bytes: body.path.bytes)
            return try .json(StatResult(try files.stat(path, followsLink: body.followsLink)))
        }
    }

    func makeDirectory(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: MakeDirectoryBody.self, within: ServerLimits.fileTime) { files, body, _ in
            let path = try SandboxPath(bytes: body.path.bytes)
            try files.makeDirectory(path, mode: body.mode, withParents: body.withParents)
            return .empty
        }
    }

    func remove(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: RemoveBody.self, within: ServerLimits.searchTime) { files, body, watch in
            let path = try SandboxPath(bytes: body.path.bytes)
            try files.remove(path, recursively: body.recursively, watch: watch)
            return .empty
        }
    }

    func move(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: MoveBody.self, within: ServerLimits.searchTime) { files, body, watch in
            let path = try SandboxPath(bytes: body.path.bytes)
            let target = try SandboxPath(bytes: body.target.bytes)
            try files.move(path, to: target, replaces: body.replaces, watch: watch)
            return .empty
        }
    }

    func changeMode(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: ChangeModeBody.self, within: ServerLimits.fileTime) { files, body, _ in
            try files.changeMode(try SandboxPath(bytes: body.path.bytes), to: body.mode)
            return .empty
        }
    }

    func realPath(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: PathBody.self, within: ServerLimits.fileTime) { files, body, _ in
            let path = try files.realPath(try SandboxPath(bytes: body.path.bytes))
            return try .json(RealPathResult(path: Base64Bytes(path)))
        }
    }
}

extension StatResult {
    fileprivate init(_ info: FileInfo) {
        self.init(
            kind: info.kind.rawValue, size: info.size, mode: info.mode, modifiedAt: info.modifiedAt,
            owner: info.owner, group: info.group, linkTarget: info.linkTarget.map { Base64Bytes($0) })
    }
}
