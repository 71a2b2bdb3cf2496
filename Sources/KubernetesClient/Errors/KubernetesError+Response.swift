import HTTPTransport

extension KubernetesError {
    /// The most bytes of an answer that is no Status which go into a message.
    private static let maximumBodyText = 2048

    /// Nil for a success: 200…206 whose body is not a failed Status (a proxy or an old aggregated server may answer
    /// 200 with one).
    static func of(_ response: HTTPResponse, operation: String) -> KubernetesError? {
        guard (200...206).contains(response.status) else {
            return refusal(head: response.head, body: response.body, operation: operation)
        }
        // A Status is small; parsing every big list twice to look for one would be a waste.
        guard response.body.count <= 65_536, let status = StatusObject.parse(response.body), status.status == "Failure"
        else { return nil }
        return KubernetesError(status, httpStatus: status.code ?? response.status, operation: operation)
    }

    /// The error of an answer whose code is not a success.
    static func refusal(head: HTTPResponseHead, body: [UInt8], operation: String) -> KubernetesError {
        var error: KubernetesError
        if let status = StatusObject.parse(body) {
            error = KubernetesError(status, httpStatus: head.status, operation: operation)
        } else {
            let text = isText(head) ? String(decoding: body.prefix(maximumBodyText), as: UTF8.self).trimmed : ""
            let words = text.isEmpty ? "no explanation" : text.withoutControls
            error = KubernetesError(
                kind(reason: "", code: head.status), "\(operation): HTTP \(head.status): \(words)",
                httpStatus: head.status)
        }
        // Whole seconds only; a date is nothing that an API server sends.
        if let seconds = head.headers["Retry-After"].flatMap({ Int($0.trimmed) }), seconds >= 0 {
            error.retryAfter = .seconds(seconds)
        }
        return error
    }

    init(_ status: StatusObject, httpStatus: Int, operation: String) {
        let code = status.code ?? httpStatus
        var text = status.message.isEmpty ? "no explanation" : status.message
        // The sentence of a validation error mostly holds its causes already, not always (webhooks).
        for cause in status.causes where !cause.message.isEmpty && !text.contains(cause.message) {
            text += "; " + (cause.field.isEmpty ? "" : cause.field + ": ") + cause.message
        }
        let label = status.reason.isEmpty ? "HTTP \(code)" : "\(status.reason) (\(code))"
        self.init(
            Self.kind(reason: status.reason, code: code), "\(operation): \(label): \(text.withoutControls)",
            httpStatus: code)
        reason = status.reason
        subjectKind = status.subjectKind
        causes = status.causes
        if let seconds = status.retryAfterSeconds, seconds > 0 { retryAfter = .seconds(seconds) }
    }

    /// apimachinery's reasons first; an unknown reason falls back to the code.
    private static func kind(reason: String, code: Int) -> Kind {
        switch reason {
        case "BadRequest": .badRequest
        case "Unauthorized": .unauthorized
        case "Forbidden": .forbidden
        case "NotFound": .notFound
        case "MethodNotAllowed": .methodNotAllowed
        case "AlreadyExists": .alreadyExists
        case "Conflict": .conflict
        case "Gone", "Expired": .gone
        case "RequestEntityTooLarge": .requestTooLarge
        case "Invalid": .invalid
        case "TooManyRequests": .tooManyRequests
        case "InternalError", "ServiceUnavailable", "Timeout", "ServerTimeout": .server
        default: kind(code: code)
        }
    }

    private static func kind(code: Int) -> Kind {
        switch code {
        case 400: .badRequest
        case 401: .unauthorized
        case 403: .forbidden
        case 404: .notFound
        case 405: .methodNotAllowed
        case 409: .conflict
        case 410: .gone
        case 413: .requestTooLarge
        case 422: .invalid
        case 429: .tooManyRequests
        case 500...599: .server
        default: .unexpectedStatus
        }
    }

    private static func isText(_ head: HTTPResponseHead) -> Bool {
        let type = head.headers["Content-Type"]?.lowercased() ?? ""
        return type.isEmpty || type.hasPrefix("text/") || type.hasPrefix("application/json")
    }
}

extension KubernetesError {
    /// Nothing came back, or not all of it.
    init(_ error: HTTPError, operation: String) {
        let kind: Kind =
            switch error.code {
            case .cancelled: .cancelled
            case .timeout: .timeout
            case .invalidRequest: .invalidArgument
            case .tooLarge, .protocolViolation: .malformedResponse
            case .resolve, .connect, .proxy, .tls, .reset, .shutdown, .overloaded, .system: .transport
            }
        self.init(kind, "\(operation): \(error.message)")
        requestMayHaveReachedServer = error.requestMayHaveReachedServer
        isTLSFailure = error.code == .tls
    }

    /// What a stream's closures and the transport throw between them.
    init(wrapping error: any Error, operation: String) {
        switch error {
        case let error as KubernetesError: self = error
        case let error as HTTPError: self.init(error, operation: operation)
        case is CancellationError: self = .cancelled(operation)
        default: self.init(.transport, "\(operation): \(error)")
        }
    }
}

extension String {
    /// Words of others on one line of a log: control characters become spaces.
    var withoutControls: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0 }))
    }
}
