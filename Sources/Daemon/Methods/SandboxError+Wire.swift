package import JSONRPC
package import SandboxCore

/// The one place where an error of the rules becomes a row of the API's error table (README, "Errors").
extension SandboxError: RPCErrorConvertible {
    package var rpcError: RPCError {
        switch kind {
        case .invalid: .invalidParams(message)
        case .sessionNotFound: row(-32001, "session_not_found")
        case .sessionLimitExceeded(let limit, let scope, let held):
            row(
                -32002, "session_limit_exceeded", retryable: true,
                ["limit": .integer(Int64(limit)), "scope": .string(scope.rawValue), "held": .integer(Int64(held))])
        case .startFailed(let phase, let reason, let detail, let elapsed):
            row(
                -32003, "start_failed",
                [
                    "phase": .string(phase.rawValue), "reason": .string(reason), "detail": .string(detail),
                    "elapsed": .number(elapsed), "timing": .object(timing.mapValues { .number($0) }),
                ])
        case .sandboxGone(let reason): row(-32004, "sandbox_gone", ["reason": .string(reason.rawValue)])
        case .permissionDenied: row(-32005, "permission_denied")
        case .deadlineExceeded: row(-32006, "deadline_exceeded", retryable: true)
        case .cancelled: row(-32007, "cancelled")
        case .backendUnavailable: row(-32008, "backend_unavailable", retryable: true)
        case .draining: row(-32009, "draining", retryable: true)
        case .file(let reason): row(-32010, "file_error", ["reason": .string(reason.rawValue)])
        case .tooLarge(let limit): row(-32011, "too_large", ["limit": .integer(Int64(limit))])
        case .overloaded(let retryAfter):
            row(-32012, "overloaded", retryable: true, ["retry_after": .number(retryAfter)])
        case .conflict: row(-32013, "conflict")
        case .outcomeUnknown: row(-32014, "outcome_unknown")
        case .internal: .internalError(message)
        }
    }

    private func row(
        _ code: Int, _ kind: String, retryable: Bool = false, _ details: [String: JSONValue] = [:]
    ) -> RPCError {
        RPCError(code: code, kind: kind, message: message, retryable: retryable, details: details)
    }
}
