import ExecAPI
import NIOHTTP1

/// Finds the handler of a request, after its token.
struct Router: Sendable {
    let token: TokenDigest
    let info: InfoResult
    let files: FileRoutes
    let management: FileManagementRoutes
    let transfers: TransferRoutes
    let runs: RunRoutes
    let runControl: RunControlRoutes
    let reference: ReferenceRoutes
    let usage: UsageRoute

    /// Nil where the handler has answered by itself.
    func respond(to request: inout ExecRequest, _ writer: ResponseWriter) async throws -> ExecResponse? {
        let route = ExecRoute(rawValue: String(request.path))
        if route == .health, request.head.method == .GET { return try .json(HealthResult(ready: true)) }
        // Before anything else, so that a stranger learns nothing, not even which routes there are.
        guard let shown = request.head.headers.first(name: ExecHeader.token), token.matches(shown.utf8) else {
            throw ExecFailure(
                .unauthorized, .unauthorized, "the header \(ExecHeader.token) is missing or does not match this sandbox"
            )
        }
        guard let route else { throw ExecFailure(.notFound, .noRoute, "there is no route '\(request.path)'") }
        guard request.head.method.rawValue == route.method else {
            throw ExecFailure(
                .methodNotAllowed, .methodNotAllowed, "\(route.rawValue) takes \(route.method) requests only")
        }
        return try await respond(to: &request, route, writer)
    }

    private func respond(
        to request: inout ExecRequest, _ route: ExecRoute, _ writer: ResponseWriter
    ) async throws -> ExecResponse? {
        switch route {
        case .health: return try .json(HealthResult(ready: true))
        case .info: return try .json(info)
        case .usage: return try await usage.usage()
        case .run:
            try await runs.run(&request, writer)
            return nil
        case .start: return try await runs.start(&request)
        case .attach:
            try await runs.attach(&request, writer)
            return nil
        case .input: return try await runControl.input(&request)
        case .resize: return try await runControl.resize(&request)
        case .signal: return try await runControl.signal(&request)
        case .stop: return try await runControl.stop(&request)
        case .wait: return try await runControl.wait(&request)
        case .runs: return try runControl.list()
        case .readLines: return try await files.readLines(&request)
        case .readBytes: return try await files.readBytes(&request)
        case .write: return try await files.write(&request)
        case .edit: return try await files.edit(&request)
        case .list: return try await files.list(&request)
        case .glob: return try await files.glob(&request)
        case .grep: return try await files.grep(&request)
        case .exists: return try await files.exists(&request)
        case .stat: return try await management.stat(&request)
        case .makeDirectory: return try await management.makeDirectory(&request)
        case .remove: return try await management.remove(&request)
        case .move: return try await management.move(&request)
        case .changeMode: return try await management.changeMode(&request)
        case .realPath: return try await management.realPath(&request)
        case .upload: return try await transfers.begin(&request)
        case .uploadChunk: return try await transfers.append(&request)
        case .uploadCommit: return try await transfers.commit(&request)
        case .uploadDrop: return try await transfers.drop(&request)
        case .download:
            try await transfers.download(&request, writer)
            return nil
        case .referenceExec: return try await reference.exec(&request)
        case .referenceRead: return try await reference.read(&request)
        case .referenceReadBytes: return try await reference.readBytes(&request)
        case .referenceWrite: return try await reference.write(&request)
        case .referenceEdit: return try await reference.edit(&request)
        case .referenceList: return try await reference.list(&request)
        case .referenceGlob: return try await reference.glob(&request)
        case .referenceGrep: return try await reference.grep(&request)
        case .referenceExists: return try await reference.exists(&request)
        }
    }
}
