/// The body of every response that is not 2xx: `{"error": {"kind": …, "message": …}}`.
package struct ExecErrorBody: Hashable, Sendable, Codable {
    package struct Detail: Hashable, Sendable, Codable {
        package var kind: ExecErrorKind
        /// With kind `file_error`: the control API's word (`not_found`, `is_directory`, …).
        package var reason: String?
        /// For the user: what happened, to what, what to do next. File errors carry the specification's texts.
        package var message: String
        /// With kind `too_large`: the limit that was passed.
        package var limit: Int?
        /// With kind `overloaded`: seconds after which a retry makes sense.
        package var retryAfter: Double?

        private enum CodingKeys: String, CodingKey {
            case kind, reason, message, limit
            case retryAfter = "retry_after"
        }

        package init(
            kind: ExecErrorKind, reason: String? = nil, message: String, limit: Int? = nil, retryAfter: Double? = nil
        ) {
            self.kind = kind
            self.reason = reason
            self.message = message
            self.limit = limit
            self.retryAfter = retryAfter
        }
    }

    package var error: Detail

    package init(_ error: Detail) {
        self.error = error
    }
}

/// What kind of error it is. A kind that this side does not know survives decoding.
package struct ExecErrorKind: RawRepresentable, Hashable, Sendable, Codable {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// 400: a value the caller sent breaks a rule.
    package static let invalid = Self(rawValue: "invalid")
    /// 401: the token is missing or wrong.
    package static let unauthorized = Self(rawValue: "unauthorized")
    /// 404: no such route (a file that is missing is `file_error`).
    package static let noRoute = Self(rawValue: "no_route")
    /// 404: no run of that id is known: it was never started, ended too long ago, or the server was restarted since.
    package static let unknownRun = Self(rawValue: "unknown_run")
    /// 405: the route has another method.
    package static let methodNotAllowed = Self(rawValue: "method_not_allowed")
    /// 409: the run id is running or was used already; nothing was started.
    package static let conflict = Self(rawValue: "conflict")
    /// 413: over a limit; `limit` says which.
    package static let tooLarge = Self(rawValue: "too_large")
    /// 404, 409, 403, 413, 507 or 400, by `reason`.
    package static let file = Self(rawValue: "file_error")
    /// 503: too much is going on; nothing was done; `retry_after` says when to come again.
    package static let overloaded = Self(rawValue: "overloaded")
    /// 504: a file operation was not done in time.
    package static let deadlineExceeded = Self(rawValue: "deadline_exceeded")
    /// 500: a fault of the server's own.
    package static let `internal` = Self(rawValue: "internal")
}
