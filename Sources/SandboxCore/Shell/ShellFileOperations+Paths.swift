extension ShellFileOperations {
    /// As `Sandbox.stat`.
    package func stat(_ path: SandboxPath, followsLink: Bool) async throws(SandboxError) -> FileInfo {
        let reply = try await run(ShellPathScripts.stat(scriptPath(path), followsLink: followsLink), path)
        guard let bits = reply.fields.first.flatMap({ UInt32($0, radix: 16) }) else { throw ShellReply.cutShort }
        let kind: FileInfo.Kind =
            switch bits & 0o170000 {
            case 0o100000: .file
            case 0o040000: .directory
            case 0o120000: .symlink
            default: .other
            }
        return FileInfo(
            kind: kind, size: kind == .file ? Int64(try reply.number(1)) : nil, mode: bits & 0o7777,
            modifiedAt: Double(try reply.number(2)), owner: UInt32(truncatingIfNeeded: try reply.number(3)),
            group: UInt32(truncatingIfNeeded: try reply.number(4)), linkTarget: kind == .symlink ? reply.body : nil)
    }

    /// As `Sandbox.makeDirectory`.
    package func makeDirectory(_ path: SandboxPath, mode: UInt32?, withParents: Bool) async throws(SandboxError) {
        try Self.check(mode)
        let script = ShellPathScripts.makeDirectory(scriptPath(path), mode: mode, withParents: withParents)
        _ = try await run(script, path)
    }

    /// As `Sandbox.remove`.
    package func remove(_ path: SandboxPath, recursively: Bool) async throws(SandboxError) {
        let target = scriptPath(path)
        guard target != [UInt8(ascii: "/")] else { throw .file(.invalid, "'/' cannot be removed") }
        _ = try await run(
            ShellPathScripts.remove(target, recursively: recursively), path, timeout: Self.searchTimeout)
    }

    /// As `Sandbox.move`, in two steps where it replaces a directory or a symlink; from one file system to another it
    /// copies a directory too.
    package func move(
        _ path: SandboxPath, to target: SandboxPath, replaces: Bool
    ) async throws(SandboxError) {
        let script = ShellPathScripts.move(scriptPath(path), to: scriptPath(target), replaces: replaces)
        let reply = try ShellReply(
            try await runner.runShell(script.text, input: nil, timeout: Self.searchTimeout))
        switch reply.status {
        case "target_not_found": throw .fileNotFound(target)
        case "target_exists": throw .fileExists(target)
        case "target_is_directory": throw .isDirectory(target)
        case "target_not_directory": throw .notDirectory(target)
        case "target_not_empty": throw .directoryNotEmpty(target)
        default: try reply.requireOK(path)
        }
    }

    /// As `Sandbox.changeMode`.
    package func changeMode(_ path: SandboxPath, to mode: UInt32) async throws(SandboxError) {
        try Self.check(mode)
        _ = try await run(ShellPathScripts.changeMode(scriptPath(path), to: mode), path)
    }

    /// As `Sandbox.realPath`.
    package func realPath(_ path: SandboxPath) async throws(SandboxError) -> [UInt8] {
        let reply = try await run(ShellPathScripts.realPath(scriptPath(path)), path)
        guard reply.body.first == UInt8(ascii: "/") else { throw ShellReply.cutShort }
        return reply.body
    }

    static func check(_ mode: UInt32?) throws(SandboxError) {
        guard mode.map({ $0 <= 0o7777 }) ?? true else { throw .invalid("mode must be from 0 to 07777 (octal)") }
    }
}
