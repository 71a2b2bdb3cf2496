import ExecAPI
import HTTPTransport
package import SandboxCore

extension ExecSandbox {
    package func readLines(_ path: SandboxPath, offset: Int, limit: Int) async throws(SandboxError) -> LineSlice {
        let body = ReadLinesBody(path: Base64Bytes(path.bytes), offset: offset, limit: limit)
        let result = try await connection.call(
            .readLines, body, as: LinesResult.self, timeout: ExecConnection.fileTimeout)
        return LineSlice(lines: result.lines.map(\.bytes), totalLines: result.totalLines)
    }

    /// At most `ExecLimits.maximumReadBytes` come at once; `isAtEnd` tells whether there is more.
    package func readBytes(_ path: SandboxPath, offset: Int64, length: Int) async throws(SandboxError) -> ByteSlice {
        let body = ReadBytesBody(path: Base64Bytes(path.bytes), offset: offset, length: length)
        let request = try connection.request(.readBytes, json: body, timeout: ExecConnection.fileTimeout)
        let response = try await connection.send(request, changes: false)
        guard let size = response.headers[ExecHeader.fileSize].flatMap(Int64.init) else {
            throw .backendUnavailable("the exec server sent a file without its size: it is of another version")
        }
        let (end, isOver) = offset.addingReportingOverflow(Int64(response.body.count))
        return ByteSlice(bytes: response.body, size: size, isAtEnd: isOver || end >= size)
    }

    package func write(_ path: SandboxPath, contents: [UInt8], mode: UInt32?) async throws(SandboxError) -> Int {
        guard contents.count <= ExecLimits.maximumWriteBytes else {
            throw SandboxError(
                .tooLarge(limit: ExecLimits.maximumWriteBytes),
                "\(contents.count) bytes are more than one write takes (\(ExecLimits.maximumWriteBytes))")
        }
        var request = connection.request(.write, timeout: ExecConnection.fileTimeout)
        request.headers["Content-Type"] = "application/octet-stream"
        request.headers[ExecHeader.path] = Base64Bytes(path.bytes).text
        if let mode { request.headers[ExecHeader.mode] = String(mode, radix: 8) }
        request.body = contents
        let response = try await connection.send(request, changes: true)
        return try connection.decode(WriteResult.self, from: response).size
    }

    package func edit(
        _ path: SandboxPath, replacing old: [UInt8], with new: [UInt8], replacesAll: Bool
    ) async throws(SandboxError) -> Int {
        let body = EditBody(
            path: Base64Bytes(path.bytes), old: Base64Bytes(old), new: Base64Bytes(new), replacesAll: replacesAll)
        return try await connection.call(
            .edit, body, as: EditResult.self, timeout: ExecConnection.fileTimeout, changes: true
        ).occurrences
    }

    package func list(_ path: SandboxPath) async throws(SandboxError) -> FileListing {
        let body = PathBody(path: Base64Bytes(path.bytes))
        return FileListing(
            try await connection.call(.list, body, as: ListingResult.self, timeout: ExecConnection.fileTimeout))
    }

    package func glob(_ pattern: String, root: SearchRoot) async throws(SandboxError) -> FileListing {
        let body = GlobBody(pattern: pattern, root: Base64Bytes(root.bytes))
        return FileListing(
            try await connection.call(.glob, body, as: ListingResult.self, timeout: ExecConnection.searchTimeout))
    }

    package func grep(_ query: GrepQuery) async throws(SandboxError) -> GrepResult {
        let body = GrepBody(
            pattern: query.pattern, path: query.path.map { Base64Bytes($0.bytes) }, glob: query.glob,
            ignoresHidden: query.ignoresHidden, limit: query.limit)
        let result = try await connection.call(
            .grep, body, as: GrepResultBody.self, timeout: ExecConnection.searchTimeout)
        return GrepResult(
            matches: result.matches.map {
                GrepMatch(path: $0.path.bytes, lineNumber: $0.lineNumber, line: $0.line.bytes)
            },
            truncated: result.truncated, unreadable: result.unreadable.map(\.bytes))
    }

    package func exists(_ path: SandboxPath) async throws(SandboxError) -> Bool {
        let body = PathBody(path: Base64Bytes(path.bytes))
        return try await connection.call(
            .exists, body, as: ExistsResult.self, timeout: ExecConnection.fileTimeout
        ).exists
    }
}

extension FileListing {
    fileprivate init(_ result: ListingResult) {
        self.init(
            entries: result.entries.map {
                FileEntry(
                    name: $0.name.bytes, path: $0.path.bytes, isDirectory: $0.isDirectory, isSymlink: $0.isSymlink,
                    size: $0.size, mode: $0.mode, modifiedAt: $0.modifiedAt)
            },
            truncated: result.truncated)
    }
}
