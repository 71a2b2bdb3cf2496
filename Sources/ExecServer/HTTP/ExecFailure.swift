import ExecAPI
import NIOHTTP1
import ProcessSupervisor
import SandboxCore

/// An answer that is no success: its status and what the body says.
struct ExecFailure: Error {
    let status: HTTPResponseStatus
    let detail: ExecErrorBody.Detail

    init(_ status: HTTPResponseStatus, _ kind: ExecErrorKind, _ message: String, limit: Int? = nil) {
        self.status = status
        detail = ExecErrorBody.Detail(kind: kind, message: message, limit: limit)
    }

    static func invalid(_ message: String) -> Self { Self(.badRequest, .invalid, message) }

    static func overloaded(_ message: String) -> Self {
        var detail = ExecErrorBody.Detail(kind: .overloaded, message: message)
        detail.retryAfter = 1
        return Self(status: .serviceUnavailable, detail: detail)
    }

    static func tooLarge(_ what: String, limit: Int) -> Self {
        Self(.payloadTooLarge, .tooLarge, "\(what) is larger than \(limit) bytes", limit: limit)
    }

    private init(status: HTTPResponseStatus, detail: ExecErrorBody.Detail) {
        self.status = status
        self.detail = detail
    }

    /// What a handler threw, as the client is to see it.
    init(_ error: any Error) {
        switch error {
        case let failure as ExecFailure: self = failure
        case let error as SandboxError: self.init(error)
        case let error as ProcessError: self.init(error)
        case let error as HTTPParserError: self = .invalid("the request is no HTTP: \(error)")
        default: self.init(.internalServerError, .internal, "internal error: \(error)")
        }
    }

    private init(_ error: SandboxError) {
        switch error.kind {
        case .invalid: self = .invalid(error.message)
        case .file(let reason):
            let detail = ExecErrorBody.Detail(kind: .file, reason: reason.rawValue, message: error.message)
            self.init(status: Self.status(of: reason), detail: detail)
        case .tooLarge(let limit): self.init(.payloadTooLarge, .tooLarge, error.message, limit: limit)
        case .conflict: self.init(.conflict, .conflict, error.message)
        case .overloaded: self = .overloaded(error.message)
        case .deadlineExceeded: self.init(.gatewayTimeout, .deadlineExceeded, error.message)
        default: self.init(.internalServerError, .internal, error.message)
        }
    }

    private init(_ error: ProcessError) {
        switch error.kind {
        case .invalid, .workingDirectory: self = .invalid(error.description)
        case .resources: self = .overloaded(error.description)
        }
    }

    private static func status(of reason: SandboxError.FileErrorReason) -> HTTPResponseStatus {
        switch reason {
        case .notFound: .notFound
        case .permissionDenied: .forbidden
        case .tooLarge: .payloadTooLarge
        case .noSpace: .insufficientStorage
        case .isDirectory, .notDirectory, .exists, .noMatch, .manyMatches: .conflict
        case .binary, .invalid: .badRequest
        }
    }
}
