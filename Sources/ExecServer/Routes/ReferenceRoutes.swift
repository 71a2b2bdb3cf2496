import ExecAPI
import NIOCore
import NIOHTTP1
import ProcessSupervisor
import SandboxCore

/// The reference's wire, for its own clients: whole answers, text for paths.
struct ReferenceRoutes: Sendable {
    let work: FileWork
    let runs: RunRoutes

    /// A shell line. Every end of a command is a 200: the reference's client loses the output of anything else.
    func exec(_ request: inout ExecRequest) async throws -> ExecResponse {
        let bytes = try await request.body(limit: ExecLimits.maximumJSONBytes)
        let body = try JSONBody.decode(ReferenceExecBody.self, from: bytes)
        let environment = runs.environment
        var command = ProcessCommand(
            argv: ["sh", "-c", body.command], environment: try environment.merged(with: [:]),
            workingDirectory: environment.workDirectory, mergesStderr: true,
            timeout: try RunRoutes.timeout(body.timeoutSeconds == 0 ? nil : body.timeoutSeconds), outputLimit: .max)
        let output = MergedOutput()
        command.mark = CommandEnvironment.newMark()
        let line = command
        let run = ManagedRun(id: nil, command: line, startedAt: 0)
        let (registry, supervisor) = (runs.registry, runs.supervisor)
        let end = try await request.watch.whenClosed {
            run.control.end(.terminate)
        } during: {
            try await registry.perform(run) { _ in
                try await supervisor.run(line, control: run.control) {
                } onOutput: { _, _, bytes in
                    output.append(bytes)
                }
            }
        }
        let text = output.text
        return try .json(
            ReferenceExecResult(output: text.output, exitCode: end.outcome.shellCode, truncated: text.isCut))
    }

    /// A directory is 404 too: the reference's client has words for no other refusal.
    func read(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await perform(&request) { files, body, watch in
            let path = try body.requiredPath
            do {
                let lines = try files.readRawLines(
                    path, offset: body.offset ?? 0, limit: body.limit ?? ReadFormatting.defaultLimit, watch: watch)
                let text = String(decoding: lines.bytes, as: UTF8.self)
                let isExact = text.utf8.elementsEqual(lines.bytes)
                return try .json(
                    ReferenceReadResult(content: text, contentBytes: isExact ? nil : Base64Bytes(lines.bytes)))
            } catch let error as SandboxError where error.kind == .file(.isDirectory) {
                var response = ExecResponse.failure(ExecFailure(error))
                response.status = .notFound
                return response
            }
        }
    }

    func readBytes(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await perform(&request) { files, body, watch in
            let slice = try files.readBytes(try body.requiredPath, offset: 0, length: .max, watch: watch)
            return try .json(ReferenceBytesResult(content: Base64Bytes(slice.bytes)))
        }
    }

    func write(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await perform(&request) { files, body, _ in
            guard let content = body.content else { throw ExecFailure.invalid("the member 'content_b64' is missing") }
            let path = try body.requiredPath
            _ = try files.write(path, contents: content.bytes)
            return try .json(ReferenceChangeResult(path: path.description))
        }
    }

    func edit(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await perform(&request) { files, body, _ in
            guard let old = body.oldString, let new = body.newString else {
                throw ExecFailure.invalid("the members 'old_string' and 'new_string' are needed")
            }
            let path = try body.requiredPath
            let occurrences = try files.edit(
                path, replacing: Array(old.utf8), with: Array(new.utf8), replacesAll: body.replaceAll ?? false)
            return try .json(ReferenceChangeResult(path: path.description, occurrences: occurrences))
        }
    }

    func list(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await perform(&request) { files, body, watch in
            try .json(try files.list(try body.requiredPath, watch: watch).entries.map(ReferenceEntry.init))
        }
    }

    func glob(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await perform(&request, within: ServerLimits.searchTime) { files, body, watch in
            let listing = try files.glob(try body.requiredPattern, root: SearchRoot(body.path ?? "/"), watch: watch)
            return try .json(listing.entries.map(ReferenceEntry.init))
        }
    }

    func grep(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await perform(&request, within: ServerLimits.searchTime) { files, body, watch in
            var query = GrepQuery(
                pattern: try body.requiredPattern, glob: body.glob, ignoresHidden: body.ignoreHidden ?? true)
            if let path = body.path { query.path = try SandboxPath(path) }
            let matches = try files.grep(query, watch: watch).matches.map { match in
                ReferenceGrepResult.Match(
                    path: String(decoding: match.path, as: UTF8.self), lineNumber: match.lineNumber,
                    line: String(decoding: match.line, as: UTF8.self))
            }
            return try .json(ReferenceGrepResult(matches: matches))
        }
    }

    func exists(_ request: inout ExecRequest) async throws -> ExecResponse {
        try await perform(&request) { files, body, _ in
            try .json(ExistsResult(exists: try files.exists(try body.requiredPath)))
        }
    }

    private func perform(
        _ request: inout ExecRequest, within time: Duration = ServerLimits.fileTime,
        _ operation: @escaping @Sendable (FileOperations, ReferenceFileBody, OperationWatch) throws -> ExecResponse
    ) async throws -> ExecResponse {
        try await work.perform(&request, as: ReferenceFileBody.self, within: time, operation)
    }
}

extension ReferenceFileBody {
    fileprivate var requiredPath: SandboxPath {
        get throws {
            guard let path else { throw ExecFailure.invalid("the member 'path' is missing") }
            return try SandboxPath(path)
        }
    }

    fileprivate var requiredPattern: String {
        get throws(ExecFailure) {
            guard let pattern else { throw .invalid("the member 'pattern' is missing") }
            return pattern
        }
    }
}

extension ReferenceEntry {
    fileprivate init(_ entry: FileEntry) {
        self.init(
            name: String(decoding: entry.name, as: UTF8.self), path: String(decoding: entry.path, as: UTF8.self),
            isDirectory: entry.isDirectory, size: entry.size)
    }
}

extension ProcessOutcome {
    /// As sh(1) and timeout(1) put it into one number.
    var shellCode: Int {
        switch self {
        case .exited(let code): Int(code)
        case .signalled(let signal): 128 + Int(signal)
        case .timedOut: ExecuteResult.timedOutExitCode
        case .oomKilled, .outputLimited: 137
        }
    }
}
