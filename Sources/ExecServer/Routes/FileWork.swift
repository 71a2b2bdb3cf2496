import ExecAPI
import FoundationEssentials
import NIOPosix
import SandboxCore

/// Runs blocking file operations, each for a JSON body, on threads of their own.
struct FileWork: Sendable {
    let files: FileOperations
    let threads: NIOThreadPool

    /// Decodes the body and runs `operation` on it, both off the connection's thread.
    func perform<Body: Decodable & Sendable>(
        _ request: inout ExecRequest, as type: Body.Type, within time: Duration,
        _ operation: @escaping @Sendable (FileOperations, Body, OperationWatch) throws -> ExecResponse
    ) async throws -> ExecResponse {
        let bytes = try await request.body(limit: ExecLimits.maximumJSONBytes)
        let watch = request.watch
        let files = files
        return try await run {
            let body = try JSONBody.decode(type, from: bytes)
            let limits = OperationWatch(deadline: .now + time, isCancelled: { watch.isClosed })
            return try operation(files, body, limits)
        }
    }

    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await threads.runIfActive(body)
    }
}

enum JSONBody {
    /// Throws `invalid`, naming the member that is wrong.
    static func decode<Body: Decodable>(_ type: Body.Type, from bytes: [UInt8]) throws(ExecFailure) -> Body {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .invalid("the request body is not what this route takes: \(text(of: error))")
        }
    }

    private static func text(of error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "the member '\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            if context.codingPath.isEmpty {
                "it is not valid JSON"
            } else {
                "\(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)"
            }
        default: "\(error)"
        }
    }
}
