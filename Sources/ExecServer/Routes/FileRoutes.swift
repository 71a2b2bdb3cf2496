import ExecAPI
import NIOCore
import NIOHTTP1
import SandboxCore

/// The file routes of our own wire.
struct FileRoutes: Sendable {
    let work: FileWork

    func readLines(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: ReadLinesBody.self, within: ServerLimits.fileTime) { files, body, watch in
            let path = try SandboxPath(bytes: body.path.bytes)
            let slice = try files.readLines(path, offset: body.offset, limit: body.limit, watch: watch)
            return try .json(LinesResult(lines: slice.lines.map { Base64Bytes($0) }, totalLines: slice.totalLines))
        }
    }

    func readBytes(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: ReadBytesBody.self, within: ServerLimits.fileTime) { files, body, watch in
            let path = try SandboxPath(bytes: body.path.bytes)
            let slice = try files.readBytes(path, offset: body.offset, length: body.length, watch: watch)
            return ExecResponse(
                headers: [(ExecHeader.fileSize, String(slice.size))], contentType: "application/octet-stream",
                body: slice.bytes)
        }
    }

    /// The body goes to the file as it comes; whatever breaks on the way leaves what was there before.
    func write(_ request: inout ExecRequest) async throws -> ExecResponse {
        let path = try Self.path(request.head.headers)
        let mode = try Self.mode(request.head.headers)
        try request.checkLength(limit: ExecLimits.maximumWriteBytes)
        let files = work.files
        let writer = try await work.run { try files.beginWrite(path, mode: mode) }
        var gathered: [UInt8] = []
        var total = 0
        while let chunk = try await request.nextChunk() {
            total += chunk.readableBytes
            guard total <= ExecLimits.maximumWriteBytes else {
                throw ExecFailure.tooLarge("the file", limit: ExecLimits.maximumWriteBytes)
            }
            gathered.append(contentsOf: chunk.readableBytesView)
            guard gathered.count >= ServerLimits.writeChunkBytes else { continue }
            let piece = gathered
            gathered.removeAll()
            try await work.run { try writer.append(piece) }
        }
        let rest = gathered
        let size = try await work.run {
            try writer.append(rest)
            return try writer.commit()
        }
        return try .json(WriteResult(size: size))
    }

    func edit(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: EditBody.self, within: ServerLimits.fileTime) { files, body, _ in
            let path = try SandboxPath(bytes: body.path.bytes)
            let occurrences = try files.edit(
                path, replacing: body.old.bytes, with: body.new.bytes, replacesAll: body.replacesAll)
            return try .json(EditResult(occurrences: occurrences))
        }
    }

    func list(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: PathBody.self, within: ServerLimits.fileTime) { files, body, watch in
            try .json(ListingResult(try files.list(try SandboxPath(bytes: body.path.bytes), watch: watch)))
        }
    }

    func glob(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: GlobBody.self, within: ServerLimits.searchTime) { files, body, watch in
            try .json(
                ListingResult(try files.glob(body.pattern, root: SearchRoot(bytes: body.root.bytes), watch: watch)))
        }
    }

    func grep(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: GrepBody.self, within: ServerLimits.searchTime) { files, body, watch in
            var query = GrepQuery(
                pattern: body.pattern, glob: body.glob, ignoresHidden: body.ignoresHidden, limit: body.limit)
            if let path = body.path { query.path = try SandboxPath(bytes: path.bytes) }
            let result = try files.grep(query, watch: watch)
            let matches = result.matches.map { match in
                GrepResultBody.Match(
                    path: Base64Bytes(match.path), lineNumber: match.lineNumber, line: Base64Bytes(match.line))
            }
            return try .json(
                GrepResultBody(
                    matches: matches, truncated: result.truncated,
                    unreadable: result.unreadable.map { Base64Bytes($0) }))
        }
    }

    func exists(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await work.perform(&request, as: PathBody.self, within: ServerLimits.fileTime) { files, body, _ in
            try .json(ExistsResult(exists: try files.exists(try SandboxPath(bytes: body.path.bytes))))
        }
    }

    private static func path(_ headers: HTTPHeaders) throws -> SandboxPath {
        guard let text = headers.first(name: ExecHeader.path), let path = Base64Bytes(text: text) else {
            throw ExecFailure.invalid("the header \(ExecHeader.path) must carry the path in base64")
        }
        return try SandboxPath(bytes: path.bytes)
    }

    private static func mode(_ headers: HTTPHeaders) throws(ExecFailure) -> UInt32? {
        guard let text = headers.first(name: ExecHeader.mode) else { return nil }
        guard let mode = UInt32(text, radix: 8), mode <= 0o7777 else {
            throw .invalid("the header \(ExecHeader.mode) must be permission bits in octal, such as 644")
        }
        return mode
    }
}

extension ListingResult {
    fileprivate init(_ listing: FileListing) {
        let entries = listing.entries.map { entry in
            Entry(
                name: Base64Bytes(entry.name), path: Base64Bytes(entry.path), isDirectory: entry.isDirectory,
                isSymlink: entry.isSymlink, size: entry.size, mode: entry.mode, modifiedAt: entry.modifiedAt)
        }
        self.init(entries: entries, truncated: listing.truncated)
    }
}
