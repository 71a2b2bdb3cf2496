extension ShellFileOperations {
    /// As `Sandbox.beginUpload`; none is dropped for being idle, but too many at once for the oldest.
    package func beginUpload(_ request: UploadRequest) async throws(SandboxError) -> String {
        try Self.check(request.mode)
        let upload: ShellUploads.Upload
        switch request.format {
        case .file:
            let (temporary, target) = try await begin(request.path, mode: request.mode)
            upload = .init(request: request, temporary: temporary, target: target)
        case .tar:
            let target = request.path.absolute(in: workDirectory)
            let script = ShellTransferScripts.archive(beside: target, temporaryName: Self.temporaryName)
            upload = .init(request: request, temporary: try await run(script, request.path).body, target: target)
        }
        let id = String(decoding: upload.temporary.suffix(16), as: UTF8.self)
        if let oldest = uploads.add(upload, id: id) { try await drop(oldest) }
        return id
    }

    /// As `Sandbox.appendUpload`.
    package func appendUpload(
        _ id: String, _ bytes: [UInt8], offset: Int64?
    ) async throws(SandboxError) -> Int64 {
        guard bytes.count <= FileLimits.maximumUploadChunkBytes else {
            throw SandboxError(
                .tooLarge(limit: FileLimits.maximumUploadChunkBytes),
                "\(bytes.count) bytes are more than one piece of an upload may have")
        }
        return try await locks.withLock(Array(id.utf8)) { () throws(SandboxError) in
            let upload = try uploads.find(id)
            var rest = bytes[...]
            if let offset {
                guard (0...upload.received).contains(offset) else {
                    throw SandboxError(
                        .conflict, "the upload has \(upload.received) bytes, these begin at \(offset)")
                }
                rest = rest.dropFirst(Int(upload.received - offset))
            }
            try await send(rest, at: Int(upload.received), to: upload.temporary, upload.request.path)
            return try uploads.advance(id, by: Array(rest))
        }
    }

    /// As `Sandbox.commitUpload`, but an archive that cannot be unpacked to its end leaves what came before.
    package func commitUpload(_ id: String) async throws(SandboxError) -> TransferResult {
        let upload = try uploads.take(id)
        let path = upload.request.path
        do throws(SandboxError) {
            let digest = try await verify(upload)
            switch upload.request.format {
            case .file:
                try await locks.withLock(path.absolute(in: workDirectory)) { () throws(SandboxError) in
                    try await place(upload)
                }
            case .tar:
                let script = ShellTransferScripts.unpack(upload.temporary, into: upload.target)
                _ = try await run(script, path, timeout: Self.searchTimeout)
            }
            return TransferResult(size: upload.received, sha256: digest)
        } catch {
            // The first error is the one to tell; the file may be gone already.
            try? await drop(upload)
            throw error
        }
    }

    /// As `Sandbox.dropUpload`.
    package func dropUpload(_ id: String) async throws(SandboxError) {
        if let upload = try? uploads.take(id) { try await drop(upload) }
    }

    private func drop(_ upload: ShellUploads.Upload) async throws(SandboxError) {
        _ = try await run(ShellWriteScripts.drop(upload.temporary), upload.request.path)
    }

    /// The digest of what is in the sandbox, which must be that of what was sent and was announced.
    private func verify(_ upload: ShellUploads.Upload) async throws(SandboxError) -> String {
        let request = upload.request
        let digest = SHA256.hex(digest: upload.hasher.finalize())
        if let size = request.size, size != upload.received {
            throw .file(.invalid, "'\(request.path)': \(upload.received) bytes came, \(size) were announced")
        }
        if let announced = request.sha256, announced != digest {
            throw .file(.invalid, "'\(request.path)': the SHA-256 is \(digest), announced was \(announced)")
        }
        let reply = try await run(
            ShellTransferScripts.digest(upload.temporary), request.path, timeout: Self.searchTimeout)
        guard reply.fields.first == digest else { throw Self.incomplete(request.path) }
        return digest
    }

    private func place(_ upload: ShellUploads.Upload) async throws(SandboxError) {
        let commit = ShellWriteScripts.commit(
            temporary: upload.temporary, target: upload.target, size: Int(upload.received), mode: upload.request.mode,
            expected: nil)
        guard case .placed = try await place(commit, upload.request.path, size: Int(upload.received), input: nil) else {
            throw Self.unclear(upload.request.path)
        }
    }

    /// As `Sandbox.download`.
    package func download(
        _ request: DownloadRequest, onChunk: @Sendable (Int64, [UInt8]) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> TransferResult {
        switch request.format {
        case .file: try await downloadFile(request.path, from: request.offset, onChunk)
        case .tar: try await downloadArchive(request.path, onChunk)
        }
    }

    private func downloadFile(
        _ path: SandboxPath, from start: Int64, _ onChunk: @Sendable (Int64, [UInt8]) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> TransferResult {
        let length = try pageBytes
        var hasher = SHA256Hasher()
        var offset = start
        var identity: String?
        while true {
            let page = try await self.page(path, offset: offset, length: length)
            guard identity ?? page.identity == page.identity else { throw Self.changed(path) }
            identity = page.identity
            if !page.bytes.isEmpty { try await onChunk(offset, page.bytes) }
            hasher.update(page.bytes)
            offset += Int64(page.bytes.count)
            if page.bytes.count < length { break }
        }
        let reply = try await run(ShellTransferScripts.digest(scriptPath(path)), path, timeout: Self.searchTimeout)
        guard let digest = reply.fields.first, digest.utf8.count == 64 else { throw ShellReply.cutShort }
        guard start > 0 || digest == SHA256.hex(digest: hasher.finalize()) else { throw Self.changed(path) }
        return TransferResult(size: offset, sha256: digest)
    }

    private func downloadArchive(
        _ path: SandboxPath, _ onChunk: @Sendable (Int64, [UInt8]) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> TransferResult {
        let progress = ArchiveProgress()
        let code = try await runner.streamShell(
            ShellTransferScripts.pack(scriptPath(path)), timeout: Self.archiveTimeout
        ) { (bytes: [UInt8]) async throws(SandboxError) in
            try await onChunk(progress.add(bytes), bytes)
        }
        switch code {
        case 0: return progress.result
        case 3:
            throw try await stat(path, followsLink: true).kind == .directory
                ? .filePermissionDenied(path) : .notDirectory(path)
        case 4: throw .file(.invalid, "the sandbox's image lacks 'tar', which directories need there")
        default:
            throw .file(
                .invalid, "'\(path)': tar failed in the sandbox (exit code \(code)): a file is unreadable, or changed")
        }
    }
}
