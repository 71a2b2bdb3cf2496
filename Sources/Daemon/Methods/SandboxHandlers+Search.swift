import ControlAPI
import ControlServer
import Foundation
import SandboxCore

extension SandboxHandlers {
    func list(
        _ params: SandboxListInfo.Params, _ call: ControlCall
    ) async throws(SandboxError) -> FileListingResult {
        let path = try Parameters.path(params.path, params.pathBase64)
        return try await inSandbox(params.sessionID, SandboxListInfo.name, call) { sandbox throws(SandboxError) in
            FileListingResult(try await sandbox.list(path))
        }
    }

    func glob(
        _ params: SandboxGlobInfo.Params, _ call: ControlCall
    ) async throws(SandboxError) -> FileListingResult {
        guard !params.pattern.isEmpty else { throw .invalid("pattern must not be empty") }
        // An empty root is allowed here, where an empty path is not anywhere else: it means the working directory.
        let root = SearchRoot(
            bytes: try Parameters.content(params.path, params.pathBase64, named: "path") ?? [UInt8(ascii: "/")])
        return try await inSandbox(params.sessionID, SandboxGlobInfo.name, call) { sandbox throws(SandboxError) in
            FileListingResult(try await sandbox.glob(params.pattern, root: root))
        }
    }

    func grep(
        _ params: SandboxGrepRaw.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SandboxGrepRaw.Result {
        let query = GrepQuery(
            pattern: params.pattern, path: try Parameters.optionalPath(params.path, params.pathBase64),
            glob: params.glob, ignoresHidden: params.ignoreHidden ?? true,
            limit: try Parameters.integer(
                params.limit, named: "limit", in: 1...FileLimits.maximumMatches, default: GrepQuery.defaultLimit))
        return try await inSandbox(params.sessionID, SandboxGrepRaw.name, call) { sandbox throws(SandboxError) in
            let result = try await sandbox.grep(query)
            return SandboxGrepRaw.Result(
                matches: result.matches.map { .init(path: $0.path, lineNumber: $0.lineNumber, line: $0.line) },
                truncated: result.truncated, unreadable: result.unreadable.map { String(decoding: $0, as: UTF8.self) })
        }
    }
}

extension FileListingResult {
    init(_ listing: FileListing) {
        self.init(
            entries: listing.entries.map { entry in
                Entry(
                    name: entry.name, path: entry.path, isDirectory: entry.isDirectory, size: entry.size,
                    isSymlink: entry.isSymlink, mode: FileMode(bits: entry.mode),
                    modifiedAt: Timestamp(Date(timeIntervalSince1970: entry.modifiedAt)))
            },
            truncated: listing.truncated)
    }
}
