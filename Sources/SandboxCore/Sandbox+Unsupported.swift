/// What a sandbox that has nothing but a shell cannot do.
extension Sandbox {
    package func start(_ request: RunRequest) async throws(SandboxError) -> Bool {
        throw .needsExecServer("starting a command that outlives its caller")
    }

    package func attach(
        _ runID: String, from offsets: OutputOffsets,
        onOutput: @Sendable (OutputChunk) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> RunEnd { throw .needsExecServer("attaching to a command") }

    package func writeInput(
        _ runID: String, _ bytes: [UInt8], offset: Int?, isLast: Bool
    ) async throws(SandboxError) -> Int { throw .needsExecServer("writing to a command that runs") }

    package func resize(_ runID: String, to size: TerminalSize) async throws(SandboxError) {
        throw .needsExecServer("resizing a terminal")
    }

    package func signal(_ runID: String, _ signal: Int32) async throws(SandboxError) {
        throw .needsExecServer("signalling a command by its id")
    }

    package func stop(_ runID: String) async throws(SandboxError) {
        throw .needsExecServer("stopping a command by its id")
    }

    package func waitForEnd(of runID: String, within time: Duration) async throws(SandboxError) {
        throw .needsExecServer("waiting for a command by its id")
    }

    /// Asking by shell would cost a command for each look.
    package func usage() async throws(SandboxError) -> SandboxUsage? { nil }

    /// None outlives its caller.
    package func runs() async throws(SandboxError) -> [RunStatus] { [] }

    package func stat(_ path: SandboxPath, followsLink: Bool) async throws(SandboxError) -> FileInfo {
        throw .needsExecServer("stat")
    }

    package func makeDirectory(_ path: SandboxPath, mode: UInt32?, withParents: Bool) async throws(SandboxError) {
        throw .needsExecServer("mkdir")
    }

    package func remove(_ path: SandboxPath, recursively: Bool) async throws(SandboxError) {
        throw .needsExecServer("remove")
    }

    package func move(_ path: SandboxPath, to target: SandboxPath, replaces: Bool) async throws(SandboxError) {
        throw .needsExecServer("move")
    }

    package func changeMode(_ path: SandboxPath, to mode: UInt32) async throws(SandboxError) {
        throw .needsExecServer("chmod")
    }

    package func realPath(_ path: SandboxPath) async throws(SandboxError) -> [UInt8] {
        throw .needsExecServer("realpath")
    }

    package func beginUpload(_ request: UploadRequest) async throws(SandboxError) -> String {
        throw .needsExecServer("a streaming upload")
    }

    package func appendUpload(_ id: String, _ bytes: [UInt8], offset: Int64?) async throws(SandboxError) -> Int64 {
        throw .needsExecServer("a streaming upload")
    }

    package func commitUpload(_ id: String) async throws(SandboxError) -> TransferResult {
        throw .needsExecServer("a streaming upload")
    }

    package func dropUpload(_ id: String) async throws(SandboxError) {
        throw .needsExecServer("a streaming upload")
    }

    package func download(
        _ request: DownloadRequest, onChunk: @Sendable (Int64, [UInt8]) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> TransferResult { throw .needsExecServer("a streaming download") }
}

extension SandboxError {
    package static func needsExecServer(_ what: String) -> Self {
        .invalid(
            "\(what) needs podkeeper's exec server in the sandbox: use a profile of mode http with 'exec_server: inject', "
                + "or do it with a command")
    }
}
