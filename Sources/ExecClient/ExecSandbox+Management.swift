import ExecAPI
package import SandboxCore

extension ExecSandbox {
    package func stat(_ path: SandboxPath, followsLink: Bool) async throws(SandboxError) -> FileInfo {
        let body = StatBody(path: Base64Bytes(path.bytes), followsLink: followsLink)
        let result = try await connection.call(
            .stat, body, as: StatResult.self, timeout: ExecConnection.fileTimeout)
        return FileInfo(
            kind: FileInfo.Kind(rawValue: result.kind) ?? .other, size: result.size, mode: result.mode,
            modifiedAt: result.modifiedAt, owner: result.owner, group: result.group,
            linkTarget: result.linkTarget?.bytes)
    }

    package func makeDirectory(_ path: SandboxPath, mode: UInt32?, withParents: Bool) async throws(SandboxError) {
        let body = MakeDirectoryBody(path: Base64Bytes(path.bytes), mode: mode, withParents: withParents)
        try await change(.makeDirectory, body, timeout: ExecConnection.fileTimeout)
    }

    package func remove(_ path: SandboxPath, recursively: Bool) async throws(SandboxError) {
        let body = RemoveBody(path: Base64Bytes(path.bytes), recursively: recursively)
        try await change(.remove, body, timeout: ExecConnection.searchTimeout)
    }

    package func move(_ path: SandboxPath, to target: SandboxPath, replaces: Bool) async throws(SandboxError) {
        let body = MoveBody(path: Base64Bytes(path.bytes), target: Base64Bytes(target.bytes), replaces: replaces)
        try await change(.move, body, timeout: ExecConnection.searchTimeout)
    }

    package func changeMode(_ path: SandboxPath, to mode: UInt32) async throws(SandboxError) {
        let body = ChangeModeBody(path: Base64Bytes(path.bytes), mode: mode)
        try await change(.changeMode, body, timeout: ExecConnection.fileTimeout)
    }

    package func realPath(_ path: SandboxPath) async throws(SandboxError) -> [UInt8] {
        let body = PathBody(path: Base64Bytes(path.bytes))
        return try await connection.call(
            .realPath, body, as: RealPathResult.self, timeout: ExecConnection.fileTimeout
        ).path.bytes
    }

    private func change(_ route: ExecRoute, _ body: some Encodable, timeout: Duration) async throws(SandboxError) {
        _ = try await connection.call(route, body, as: EmptyResult.self, timeout: timeout, changes: true)
    }
}
