import SandboxCore

/// A sandbox whose files are reached through a shell.
protocol ShellBackedSandbox: Sandbox {
    associatedtype Runner: ShellRunner
    var files: ShellFileOperations<Runner> { get }
}

extension ShellBackedSandbox {
    var workDirectory: String { files.workDirectory }

    func readLines(_ path: SandboxPath, offset: Int, limit: Int) async throws(SandboxError) -> LineSlice {
        try await files.readLines(path, offset: offset, limit: limit)
    }

    func readBytes(_ path: SandboxPath, offset: Int64, length: Int) async throws(SandboxError) -> ByteSlice {
        try await files.readBytes(path, offset: offset, length: length)
    }

    func write(_ path: SandboxPath, contents: [UInt8], mode: UInt32?) async throws(SandboxError) -> Int {
        try await files.write(path, contents: contents, mode: mode)
    }

    func edit(
        _ path: SandboxPath, replacing old: [UInt8], with new: [UInt8], replacesAll: Bool
    ) async throws(SandboxError) -> Int {
        try await files.edit(path, replacing: old, with: new, replacesAll: replacesAll)
    }

    func list(_ path: SandboxPath) async throws(SandboxError) -> FileListing { try await files.list(path) }

    func glob(_ pattern: String, root: SearchRoot) async throws(SandboxError) -> FileListing {
        try await files.glob(pattern, root: root)
    }

    func grep(_ query: GrepQuery) async throws(SandboxError) -> GrepResult { try await files.grep(query) }

    func exists(_ path: SandboxPath) async throws(SandboxError) -> Bool { try await files.exists(path) }

    func stat(_ path: SandboxPath, followsLink: Bool) async throws(SandboxError) -> FileInfo {
        try await files.stat(path, followsLink: followsLink)
    }

    func makeDirectory(_ path: SandboxPath, mode: UInt32?, withParents: Bool) async throws(SandboxError) {
        try await files.makeDirectory(path, mode: mode, withParents: withParents)
    }

    func remove(_ path: SandboxPath, recursively: Bool) async throws(SandboxError) {
        try await files.remove(path, recursively: recursively)
    }

    func move(_ path: SandboxPath, to target: SandboxPath, replaces: Bool) async throws(SandboxError) {
        try await files.move(path, to: target, replaces: replaces)
    }

    func changeMode(_ path: SandboxPath, to mode: UInt32) async throws(SandboxError) {
        try await files.changeMode(path, to: mode)
    }

    func realPath(_ path: SandboxPath) async throws(SandboxError) -> [UInt8] { try await files.realPath(path) }

    func beginUpload(_ request: UploadRequest) async throws(SandboxError) -> String {
        try await files.beginUpload(request)
    }

    func appendUpload(_ id: String, _ bytes: [UInt8], offset: Int64?) async throws(SandboxError) -> Int64 {
        try await files.appendUpload(id, bytes, offset: offset)
    }

    func commitUpload(_ id: String) async throws(SandboxError) -> TransferResult { try await files.commitUpload(id) }

    func dropUpload(_ id: String) async throws(SandboxError) { try await files.dropUpload(id) }

    func download(
        _ request: DownloadRequest, onChunk: @Sendable (Int64, [UInt8]) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> TransferResult { try await files.download(request, onChunk: onChunk) }
}

extension SandboxError {
    /// Whether `execute` throws this: what is about the session, or about the call itself, and not the command.
    var isAboutTheSession: Bool {
        switch kind {
        case .sandboxGone, .backendUnavailable, .cancelled, .deadlineExceeded, .overloaded, .draining: true
        default: false
        }
    }
}
