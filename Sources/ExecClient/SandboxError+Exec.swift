import ExecAPI
import FoundationEssentials
import HTTPTransport
import SandboxCore

extension SandboxError {
    /// No answer came.
    ///
    /// `changes`: whether it matters if the server did what was asked. Then no answer means an unknown outcome as soon
    /// as one byte of the request may have arrived, and an unavailable backend only before that. `limit`: the most
    /// bytes of answer that were acceptable.
    init(exec error: HTTPError, changes: Bool, limit: Int) {
        switch error.code {
        case .cancelled: self = .cancelled
        case _ where changes && error.requestMayHaveReachedServer:
            self = .outcomeUnknown("the connection to the sandbox broke before the outcome was known: \(error.message)")
        case .tooLarge:
            self = Self(.tooLarge(limit: limit), "the sandbox's answer is larger than \(limit) bytes: ask for less")
        case .invalidRequest, .system: self = Self(.internal, "internal error: \(error.message)")
        case .resolve, .connect, .proxy, .tls, .timeout, .reset, .protocolViolation, .shutdown, .overloaded:
            self = .backendUnavailable("the sandbox's exec server did not answer: \(error.message)")
        }
    }

    /// An answer came that is not 200.
    init(execStatus status: Int, body: [UInt8], changes: Bool) {
        guard let detail = try? JSONDecoder().decode(ExecErrorBody.self, from: Data(body)).error else {
            self = Self.foreign(status: status, body: body, changes: changes)
            return
        }
        self.init(execDetail: detail, status: status, changes: changes)
    }

    /// What execd itself says went wrong.
    init(execDetail detail: ExecErrorBody.Detail, status: Int, changes: Bool) {
        switch detail.kind {
        case .invalid: self = .invalid(detail.message)
        case .unauthorized:
            self = .backendUnavailable(
                "the exec server refused the sandbox's token: another sandbox may have its address")
        case .unknownRun: self = .outcomeUnknown(detail.message)
        case .conflict: self = Self(.conflict, detail.message)
        case .tooLarge: self = Self(.tooLarge(limit: detail.limit ?? 0), detail.message)
        case .file: self = .file(detail.reason.flatMap(FileErrorReason.init) ?? .invalid, detail.message)
        case .overloaded: self = Self(.overloaded(retryAfter: detail.retryAfter ?? 1), detail.message)
        case .deadlineExceeded: self = Self(.deadlineExceeded, detail.message)
        case .noRoute, .methodNotAllowed:
            self = Self(.internal, "the sandbox's exec server is of another version: \(detail.message)")
        case _ where changes && status >= 500: self = .outcomeUnknown(detail.message)
        default: self = Self(.internal, detail.message)
        }
    }

    /// Not execd's own error: a proxy's on the way, or another server's.
    private static func foreign(status: Int, body: [UInt8], changes: Bool) -> Self {
        let text = String(decoding: body.prefix(200), as: UTF8.self)
        let message =
            "something between here and the sandbox's exec server answered with HTTP status \(status): \(text)"
        return changes && status >= 500 ? .outcomeUnknown(message) : .backendUnavailable(message)
    }
}
