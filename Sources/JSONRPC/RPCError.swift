/// An `error` member of a response (JSON-RPC 2.0, section 5.1).
///
/// `data` is an object with at least `kind` and `retryable` in every error that this side makes. One that a peer sent
/// may lack it, or have any other shape.
package struct RPCError: Error, Hashable, Sendable, Codable {
    package var code: Int
    /// One sentence for people: what happened, to what, what to do next.
    package var message: String
    package var data: JSONValue?

    package init(code: Int, message: String, data: JSONValue?) {
        self.code = code
        self.message = message
        self.data = data
    }

    /// `details` are the other members of `data`.
    package init(
        code: Int, kind: String, message: String, retryable: Bool = false, details: [String: JSONValue] = [:]
    ) {
        var data = details
        data["kind"] = .string(kind)
        data["retryable"] = .bool(retryable)
        self.init(code: code, message: message, data: .object(data))
    }

    /// `data.kind`, where the peer sent one.
    package var kind: String? { data?["kind"]?.stringValue }

    /// `data.retryable`; false where the peer did not say.
    package var isRetryable: Bool { data?["retryable"]?.boolValue ?? false }
}

extension RPCError: CustomStringConvertible {
    package var description: String { "\(message) (\(kind ?? "error") \(code))" }
}

extension RPCError {
    package static func parseError(_ message: String) -> Self {
        Self(code: -32700, kind: "parse_error", message: message)
    }

    package static func invalidRequest(_ message: String) -> Self {
        Self(code: -32600, kind: "invalid_request", message: message)
    }

    package static func methodNotFound(_ message: String, details: [String: JSONValue] = [:]) -> Self {
        Self(code: -32601, kind: "method_not_found", message: message, details: details)
    }

    package static func invalidParams(_ message: String, details: [String: JSONValue] = [:]) -> Self {
        Self(code: -32602, kind: "invalid_params", message: message, details: details)
    }

    package static func internalError(_ message: String) -> Self {
        Self(code: -32603, kind: "internal_error", message: message)
    }

    package static let cancelled = Self(code: -32007, kind: "cancelled", message: "the call was cancelled")

    package static func draining(_ message: String) -> Self {
        Self(code: -32009, kind: "draining", message: message, retryable: true)
    }

    /// `limit` in bytes.
    package static func tooLarge(_ message: String, limit: Int) -> Self {
        Self(code: -32011, kind: "too_large", message: message, details: ["limit": .integer(Int64(limit))])
    }

    /// `retryAfter` in seconds.
    package static func overloaded(_ message: String, retryAfter: Double) -> Self {
        Self(
            code: -32012, kind: "overloaded", message: message, retryable: true,
            details: ["retry_after": .number(retryAfter)])
    }
}

/// An error of another module that knows how it looks on the wire.
package protocol RPCErrorConvertible: Error {
    var rpcError: RPCError { get }
}

extension RPCError {
    /// `CancellationError` becomes `cancelled`; what is neither an `RPCError` nor convertible is a fault of ours.
    package init(wrapping error: any Error) {
        switch error {
        case let error as RPCError: self = error
        case let error as any RPCErrorConvertible: self = error.rpcError
        case is CancellationError: self = .cancelled
        default: self = .internalError("internal error: \(error)")
        }
    }
}
