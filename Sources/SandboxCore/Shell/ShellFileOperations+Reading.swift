extension ShellFileOperations {
    /// As `Sandbox.readLines`.
    package func readLines(
        _ path: SandboxPath, offset: Int, limit: Int
    ) async throws(SandboxError) -> LineSlice {
        guard offset >= 0, limit >= 0 else { throw .invalid("offset and limit must not be negative") }
        let page = try pageBytes
        let script = ShellReadScripts.lines(scriptPath(path), offset: offset, limit: limit, page: page)
        let reply = try await run(script, path)
        let (newlines, inLastByte, size) = (try reply.number(1), try reply.number(2), try reply.number(3))
        let (start, end) = (try reply.number(4), try reply.number(5))
        guard start <= end, end <= size else { throw Self.changed(path) }
        guard end - start <= FileLimits.maximumReadBytes else {
            throw .file(
                .tooLarge,
                "'\(path)': these lines are over the limit of \(FileLimits.maximumReadBytes) bytes; "
                    + "read fewer lines, or read it as bytes")
        }
        guard reply.body.count == min(end - start, page) else { throw ShellReply.cutShort }
        var bytes = reply.body
        while bytes.count < end - start {
            let more = try await self.page(
                path, offset: Int64(start + bytes.count), length: min(page, end - start - bytes.count))
            guard more.identity == reply.fields[0], !more.bytes.isEmpty else { throw Self.changed(path) }
            bytes += more.bytes
        }
        let total = size > 0 && inLastByte == 0 ? newlines + 1 : newlines
        return try LineSlice(splitting: bytes, totalLines: total, path: path)
    }

    /// As `Sandbox.readBytes`; throws `too_large` when that is over `FileLimits.maximumReadBytes`.
    package func readBytes(
        _ path: SandboxPath, offset: Int64, length: Int
    ) async throws(SandboxError) -> ByteSlice {
        try await readBytes(
            path, offset: offset, length: length, limit: FileLimits.maximumReadBytes,
            advice: "read it in smaller pieces")
    }

    func readBytes(
        _ path: SandboxPath, offset: Int64, length: Int, limit: Int, advice: String
    ) async throws(SandboxError) -> ByteSlice {
        guard offset >= 0, length >= 0 else { throw .invalid("offset and length must not be negative") }
        // No file is that long, and the script's arithmetic stays in bounds.
        guard offset < 1 << 60 else { return ByteSlice(bytes: [], size: 0, isAtEnd: true) }
        let pageSize = try pageBytes
        var page = try await page(path, offset: offset, length: min(length, pageSize))
        let expected = min(Int64(length), max(0, page.size - offset))
        guard expected <= Int64(limit) else {
            throw .fileTooLarge(path, size: expected, limit: limit, advice: advice)
        }
        let identity = page.identity
        var bytes = page.bytes
        var isAtEnd = page.bytes.count < min(length, pageSize)
        while bytes.count < min(length, limit), !isAtEnd {
            let wanted = min(pageSize, min(length, limit) - bytes.count)
            page = try await self.page(path, offset: offset + Int64(bytes.count), length: wanted)
            guard page.identity == identity else { throw Self.changed(path) }
            bytes += page.bytes
            isAtEnd = page.bytes.count < wanted
        }
        let end = offset + Int64(bytes.count)
        let size = isAtEnd && !bytes.isEmpty ? end : max(page.size, bytes.isEmpty ? 0 : end)
        return ByteSlice(bytes: bytes, size: size, isAtEnd: isAtEnd || end >= size)
    }

    /// One answer's worth, checked against the size that the sandbox gave with it: a short one is an error.
    func page(
        _ path: SandboxPath, offset: Int64, length: Int
    ) async throws(SandboxError) -> (bytes: [UInt8], identity: String, size: Int64) {
        let reply = try await run(ShellReadScripts.bytes(scriptPath(path), offset: offset, length: length), path)
        let size = Int64(try reply.number(1))
        guard reply.body.count <= length, Int64(reply.body.count) >= min(Int64(length), size - offset) else {
            throw ShellReply.cutShort
        }
        return (reply.body, reply.fields[0], size)
    }

    static func changed(_ path: SandboxPath) -> SandboxError {
        SandboxError(.conflict, "'\(path)' was changed while it was read: try again")
    }
}
